"""Matching: a row that is certain is adopted, one that is not is neither adopted nor denied."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from jobs import actors
from jobs.choices import AttemptState, JobStatus, Origin, Region
from jobs.models import Duty, ImportJob, Workspace
from jobs.services import discovery, sending, settling, submission, workspaces
from jobs.simulator import SIMULATOR_KEY, Simulator
from tests.services.conftest import WORKER, fields_for

Submit = Callable[..., ImportJob]


def lose(simulator: Simulator, submit: Submit, *, accepted: bool) -> ImportJob:
    simulator.fault("close", call="create", accepted=accepted)
    job = submit()
    assert sending.send_next(WORKER)
    return job


def walk(clock: time_machine.Traveller, workspace: Workspace, seconds: float = 0) -> None:
    """Make the next walk, at the earliest in so many seconds."""
    clock.shift(timedelta(seconds=seconds))
    duty = Duty.objects.get(kind="settle", workspace=workspace)
    clock.move_to(max(duty.due_at, timezone.now()) + timedelta(seconds=0.01))
    assert settling.settle_next(WORKER)


def state_of(job: ImportJob) -> str:
    return job.attempts.get().state


def test_rows_that_say_nothing_of_their_content_are_waited_for_and_then_put_to_a_person(
    clock: time_machine.Traveller,
    submit: Submit,
    simulator: Simulator,
    workspace: Workspace,
    settings: Any,
) -> None:
    job = lose(simulator, submit, accepted=True)
    simulator.fault("sparse_rows", call="list", times=None)
    for _ in range(3):
        walk(clock, workspace)
    assert state_of(job) == AttemptState.UNKNOWN

    walk(clock, workspace, settings.SETTLE_PERIOD_SECONDS)

    attempt = job.attempts.get()
    ((remote, _status),) = simulator.jobs()
    assert attempt.state == AttemptState.CONFLICT
    assert [row["job_id"] for row in attempt.candidates] == [remote.job_id]


def test_a_row_that_says_its_content_at_last_is_adopted(
    clock: time_machine.Traveller, submit: Submit, simulator: Simulator, workspace: Workspace
) -> None:
    job = lose(simulator, submit, accepted=True)
    simulator.fault("sparse_rows", call="list", times=2)
    walk(clock, workspace)
    discovery.discover_next(WORKER)
    assert not ImportJob.objects.filter(origin=Origin.DISCOVERED).exists()

    walk(clock, workspace)

    assert state_of(job) == AttemptState.CONFIRMED


@pytest.mark.parametrize("set_by", [-600, 600])
def test_a_clock_set_between_call_and_walk_makes_nothing_absent(
    clock: time_machine.Traveller,
    submit: Submit,
    simulator: Simulator,
    workspace: Workspace,
    settings: Any,
    set_by: float,
) -> None:
    job = lose(simulator, submit, accepted=True)
    simulator.clock.set_skew(set_by)
    discovery.discover_next(WORKER)

    walk(clock, workspace)
    if set_by > 0:
        assert state_of(job) == AttemptState.UNKNOWN
        walk(clock, workspace, settings.SETTLE_PERIOD_SECONDS)

    assert state_of(job) == (AttemptState.CONFLICT if set_by > 0 else AttemptState.CONFIRMED)
    assert not ImportJob.objects.filter(origin=Origin.DISCOVERED).exists()


def test_a_row_that_is_a_little_older_than_the_call_is_not_adopted(
    clock: time_machine.Traveller, submit: Submit, simulator: Simulator, workspace: Workspace
) -> None:
    fields = fields_for()
    fields.pop("weight_type")
    simulator.add_foreign_job(**fields, age_seconds=120)
    job = lose(simulator, submit, accepted=False)

    walk(clock, workspace)

    assert state_of(job) == AttemptState.UNKNOWN


def test_a_row_older_than_the_call_by_hours_is_no_candidate(
    clock: time_machine.Traveller,
    submit: Submit,
    simulator: Simulator,
    workspace: Workspace,
    settings: Any,
) -> None:
    fields = fields_for()
    fields.pop("weight_type")
    simulator.add_foreign_job(**fields, age_seconds=2 * 3600)
    job = lose(simulator, submit, accepted=False)

    walk(clock, workspace)
    walk(clock, workspace, settings.SETTLE_PERIOD_SECONDS)

    assert state_of(job) == AttemptState.ABSENT


@pytest.fixture
def sister(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A second workspace of ours that is the same one of DashScope, under another key."""
    monkeypatch.setenv("DASHSCOPE_API_KEY_SISTER", f"{SIMULATOR_KEY}.sister")
    return workspaces.add(
        slug="sister",
        name="Sister",
        region=Region.ENVIRONMENT,
        key_reference="SISTER",
        actor=actors.command_line(),
    )


@pytest.mark.parametrize("answered", [True, False])
def test_a_job_that_another_workspace_of_ours_made_is_not_adopted(
    clock: time_machine.Traveller,
    submit: Submit,
    simulator: Simulator,
    workspace: Workspace,
    sister: Workspace,
    answered: bool,
) -> None:
    job = lose(simulator, submit, accepted=False)
    if not answered:
        simulator.fault("close", call="create", accepted=True)
    theirs = submission.submit(sister, fields_for(), actor=actors.command_line()).job
    assert sending.send_next(WORKER)

    walk(clock, workspace)

    assert state_of(job) == (AttemptState.UNKNOWN if answered else AttemptState.CONFLICT)
    assert state_of(theirs) == (AttemptState.CONFIRMED if answered else AttemptState.UNKNOWN)


def test_another_list_than_the_one_of_the_call_proves_no_absence(
    clock: time_machine.Traveller,
    submit: Submit,
    simulator: Simulator,
    workspace: Workspace,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = lose(simulator, submit, accepted=True)
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-of-another-workspace")

    walk(clock, workspace)
    walk(clock, workspace, settings.SETTLE_PERIOD_SECONDS)

    job.refresh_from_db()
    assert state_of(job) == AttemptState.CONFLICT
    assert job.status == JobStatus.UNCONFIRMED
