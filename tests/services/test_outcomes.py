"""Outcomes: what came of an attempt is written whole, once, and acted on soon."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from jobs.choices import AttemptState, DutyKind
from jobs.models import Attempt, Duty, ImportJob, Workspace
from jobs.services import sending, settling
from jobs.simulator import Simulator
from tests.services.conftest import WORKER

Submit = Callable[..., ImportJob]


def test_an_unanswered_create_is_looked_for_at_once_however_idle_the_settler_was(
    submit: Submit, simulator: Simulator, workspace: Workspace
) -> None:
    Duty.objects.filter(workspace=workspace, kind=DutyKind.SETTLE).update(
        due_at=timezone.now() + timedelta(seconds=30)
    )
    simulator.fault("close", call="create", accepted=True)
    submit()
    sending.send_next(WORKER)

    walked = settling.settle_next(WORKER)

    assert walked
    assert Attempt.objects.get().state == AttemptState.CONFIRMED
