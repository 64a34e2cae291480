from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.choices import DutyKind
from jobs.models import Duty, Workspace
from jobs.services import duties


@pytest.mark.parametrize("hastened", ["before it was taken", "while it was done"])
def test_what_is_hastened_is_done_after_that(workspace: Workspace, hastened: str) -> None:
    if hastened == "before it was taken":
        duties.hasten(workspace, DutyKind.SETTLE)
    taken = duties.claim(DutyKind.SETTLE, "first")
    assert taken
    if hastened == "while it was done":
        duties.hasten(workspace, DutyKind.SETTLE)  # by who put something there to be settled
    duties.finish(taken, again_in_seconds=30, calls=1, duration_seconds=0.5)

    again = duties.claim(DutyKind.SETTLE, "second")

    assert bool(again) is (hastened == "while it was done")


def test_a_duty_that_was_done_is_due_when_it_said(workspace: Workspace) -> None:
    taken = duties.claim(DutyKind.SETTLE, "first")
    assert taken

    duties.finish(taken, again_in_seconds=30, calls=7, duration_seconds=0.5)

    duty = Duty.objects.get(kind=DutyKind.SETTLE)
    assert timedelta(seconds=29) < duty.due_at - timezone.now() <= timedelta(seconds=30)
    assert (duty.lease_owner, duty.calls, duty.duration_ms) == ("", 7, 500)
