from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from jobs.choices import JobStatus
from jobs.models import ImportJob, User, Workspace
from jobs.services.listed_jobs import ListedJob, Listing
from jobs.services.members import memberships_of
from jobs.services.pages import NEWEST
from jobs.services.searching import JobSearch
from jobs.templatetags.clock import Clock
from jobs.views.rows import JobRow, row_of, timeless_rows_of
from tests.making import make_job

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def clock_at(at: datetime, zone: str = "UTC") -> Clock:
    return Clock(ZoneInfo(zone), at.astimezone(ZoneInfo(zone)))


def row_for(person: User, clock: Clock) -> JobRow:
    """The row of the newest job that the person sees, as the list shows it."""
    memberships = memberships_of(person.pk)
    found = Listing.of(JobSearch(), memberships, history_head="")
    (row,) = timeless_rows_of(
        found.page(None, size=1, order=NEWEST, shape=ListedJob).jobs, memberships, clock
    )
    return row


@pytest.mark.parametrize("status", JobStatus.values)
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"origin": "discovered", "base_model_inferred": True},
        {"weight_type": "full", "display_name": "", "finished_at": timezone.now()},
        {"gone_at": timezone.now(), "error_call": "get", "error_code": "Odd", "error_message": "m"},
        {"deleted_at": timezone.now(), "remote_status": "HIBERNATING"},
    ],
)
def test_a_listed_job_looks_as_the_job_itself(
    vera: User, bob: User, workspace: Workspace, status: str, facts: dict[str, Any]
) -> None:
    Workspace.objects.update(host="dashscope.example.com")
    make_job(workspace, status=status, by=bob, **facts)
    clock = clock_at(timezone.now())

    assert row_for(vera, clock) == row_of(ImportJob.objects.get(), clock)._replace(age="")


def test_it_is_the_same_whatever_the_hour(vera: User, workspace: Workspace) -> None:
    make_job(workspace, created_at=AT)

    assert row_for(vera, clock_at(AT)) is row_for(vera, clock_at(AT + timedelta(hours=1)))


def test_whatever_it_hangs_on_is_seen_when_it_changes(vera: User, workspace: Workspace) -> None:
    job = make_job(workspace, created_at=AT, status=JobStatus.RUNNING)
    noon = clock_at(AT)

    first = row_for(vera, noon)
    ImportJob.objects.filter(pk=job.pk).update(status=JobStatus.SUCCEEDED)
    Workspace.objects.update(name="Renamed")
    later = row_for(vera, noon)
    tomorrow = row_for(vera, clock_at(AT + timedelta(days=1)))
    elsewhere = row_for(vera, clock_at(AT, "Asia/Shanghai"))
    with translation.override("zh-hans"):
        chinese = row_for(vera, noon)

    assert (first.word, first.workspace) == ("Running", workspace.name)
    assert (later.word, later.workspace) == ("Succeeded", "Renamed")
    assert (later.short, tomorrow.short, elsewhere.short) == ("12:00", "2026-11-24", "20:00")
    assert chinese.word != later.word
