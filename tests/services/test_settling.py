"""Settling: what became of an unanswered create is found out, never guessed, never repeated."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from jobs import actors
from jobs.choices import AttemptState, ConfirmedBy, JobStatus, Verb
from jobs.errors import InvalidFields, NotPermitted, WrongState
from jobs.models import AuditEvent, Duty, ImportJob, User, Workspace
from jobs.services import discovery, sending, settling, upstream
from jobs.simulator import Simulator
from tests.making import make_job
from tests.services.conftest import WORKER, fields_for

Submit = Callable[..., ImportJob]


# The simulator runs in this process: shifting this process's clock shifts its clock too.


@pytest.fixture
def lose(submit: Submit, simulator: Simulator) -> Callable[..., ImportJob]:
    """Submit and lose the answer: `lose("Name", accepted=True)`."""

    def lose(name: str = "Support tone", *, accepted: bool, **changes: Any) -> ImportJob:
        simulator.fault("close", call="create", accepted=accepted)
        job = submit(name, **changes)
        assert sending.send_next(WORKER)
        job.refresh_from_db()
        assert job.status == JobStatus.UNCONFIRMED
        return job

    return lose


Lose = Callable[..., ImportJob]


def walk(clock: time_machine.Traveller) -> bool:
    """Come to the next walk and make it."""
    duty = Duty.objects.select_related("workspace").get(kind="settle")
    due = max(duty.due_at, duty.workspace.retry_at or duty.due_at, timezone.now())
    clock.move_to(due + timedelta(seconds=0.01))
    return settling.settle_next(WORKER)


def walk_to_the_end(clock: time_machine.Traveller, job: ImportJob) -> int:
    walks = 0
    while job.status == JobStatus.UNCONFIRMED and walks < 500:
        walks += walk(clock)
        job.refresh_from_db()
    return walks


def as_person(user: User) -> actors.Actor:
    return actors.Actor(kind="person", label=user.label, user_id=user.pk)


def like(job: ImportJob) -> dict[str, str]:
    """The row that somebody else would have made with the same content."""
    return {
        "base_model": job.base_model,
        "display_name": job.display_name,
        "bucket_name": job.bucket_name,
        "object_key": job.object_key,
    }


def test_the_only_match_is_adopted_and_the_history_says_how(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator
) -> None:
    job = lose(accepted=True)

    walk(clock)

    job.refresh_from_db()
    attempt = job.attempts.get()
    ((remote, _status),) = simulator.jobs()
    assert (job.status, job.error_code) == (JobStatus.PENDING, "")
    assert job.remote_job_id == attempt.remote_job_id == remote.job_id
    assert (attempt.state, attempt.confirmed_by) == (AttemptState.CONFIRMED, ConfirmedBy.ADOPTED)
    data = json.loads(AuditEvent.objects.get(verb=Verb.ATTEMPT_ADOPTED).canonical)["data"]
    assert data["remote_job_id"] == remote.job_id
    assert data["request_id"]
    assert attempt.walks.get().matches == [remote.job_id]
    assert len(simulator.requests(call="create")) == 1


def test_a_job_that_failed_meanwhile_is_adopted_with_its_failure(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator
) -> None:
    job = lose(accepted=True, object_key="models/demo-missing-file/")
    clock.shift(timedelta(seconds=60))

    walk(clock)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.FAILED, "AvailableModelFileNotFound")
    assert job.guard_key == ""


def test_absence_needs_the_whole_period_and_more_than_one_clean_walk(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator, settings: Any
) -> None:
    job = lose(accepted=False)
    sent_at = timezone.now()

    walks = walk_to_the_end(clock, job)

    attempt = job.attempts.get()
    assert (job.status, job.error_code) == (JobStatus.NOT_CREATED, "absent")
    assert attempt.state == AttemptState.ABSENT
    assert walks == attempt.walks.count() > 2
    assert timezone.now() - sent_at >= timedelta(seconds=settings.SETTLE_PERIOD_SECONDS)
    assert job.guard_key == ""
    assert len(simulator.requests(call="create")) == 1


def test_a_job_that_appears_late_in_the_period_is_adopted(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator, settings: Any
) -> None:
    job = lose(accepted=False)
    for _ in range(5):
        walk(clock)
    simulator.add_foreign_job(**like(job))

    walk(clock)

    job.refresh_from_db()
    assert job.status == JobStatus.PENDING


def test_a_list_that_fails_prolongs_the_period(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator, settings: Any
) -> None:
    job = lose(accepted=False)
    clock.shift(timedelta(seconds=settings.SETTLE_PERIOD_SECONDS + 1))
    simulator.fault("envelope", call="list", status=500, times=None)
    for _ in range(3):
        walk(clock)
    job.refresh_from_db()
    assert job.status == JobStatus.UNCONFIRMED
    simulator.clear_faults()
    healed_at = timezone.now()

    walk_to_the_end(clock, job)

    assert job.status == JobStatus.NOT_CREATED
    quarter = timedelta(seconds=settings.SETTLE_PERIOD_SECONDS / 4)
    assert timezone.now() - healed_at >= quarter
    assert job.attempts.get().walks.filter(complete=True).count() >= 2


def test_several_matches_are_put_to_a_person(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator
) -> None:
    job = lose(accepted=True)
    simulator.add_foreign_job(**like(job))

    walk(clock)

    job.refresh_from_db()
    attempt = job.attempts.get()
    assert (job.status, attempt.state) == (JobStatus.UNCONFIRMED, AttemptState.CONFLICT)
    assert {row["job_id"] for row in attempt.candidates} == {
        remote.job_id for remote, _status in simulator.jobs()
    }


def test_a_person_picks_a_candidate(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator, bob: User
) -> None:
    job = lose(accepted=True)
    other = simulator.add_foreign_job(**like(job))
    walk(clock)
    ((mine, _status), _other) = simulator.jobs()

    settling.resolve(job, remote_job_id=mine.job_id, reason="mine", actor=as_person(bob))
    Duty.objects.update(due_at=timezone.now())
    discovery.discover_next(WORKER)

    job.refresh_from_db()
    attempt = job.attempts.get()
    assert job.remote_job_id == attempt.remote_job_id == mine.job_id
    assert attempt.confirmed_by == ConfirmedBy.PICKED
    event = AuditEvent.objects.get(verb=Verb.ATTEMPT_PICKED)
    assert event.actor_user_id == bob.pk
    assert json.loads(event.canonical)["data"]["status"] == job.remote_status == "PENDING"
    assert ImportJob.objects.get(remote_job_id=other).origin == "discovered"


def test_a_person_says_none_of_these(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator, bob: User
) -> None:
    job = lose(accepted=True)
    simulator.add_foreign_job(**like(job))
    walk(clock)

    settling.resolve(job, remote_job_id=None, reason="made by hand", actor=as_person(bob))

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.NOT_CREATED, "dismissed")
    with pytest.raises(WrongState):
        settling.resolve(job, remote_job_id=None, reason="again", actor=as_person(bob))


def test_only_a_candidate_that_nobody_owns_can_be_picked(
    clock: time_machine.Traveller,
    lose: Lose,
    simulator: Simulator,
    bob: User,
    vera: User,
    workspace: Workspace,
) -> None:
    job = lose(accepted=True)
    taken = simulator.add_foreign_job(**like(job))
    walk(clock)
    make_job(workspace, remote_job_id=taken)

    with pytest.raises(InvalidFields):
        settling.resolve(job, remote_job_id="no such", reason="", actor=as_person(bob))
    with pytest.raises(InvalidFields):
        settling.resolve(job, remote_job_id=taken, reason="", actor=as_person(bob))
    with pytest.raises(NotPermitted):
        settling.resolve(job, remote_job_id=taken, reason="", actor=as_person(vera))

    job.refresh_from_db()
    assert job.status == JobStatus.UNCONFIRMED


def test_a_row_that_two_attempts_could_own_is_given_to_neither(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator
) -> None:
    first = lose(accepted=True)
    second = lose(accepted=False, allow_duplicate=True, reason="a second one")

    walk(clock)

    for job in (first, second):
        job.refresh_from_db()
        assert job.attempts.get().state == AttemptState.CONFLICT


@pytest.mark.parametrize(
    "difference",
    [
        {"display_name": "Another"},
        {"bucket_name": "other-bucket"},
        {"object_key": "models/other/"},
        {"base_model": "qwen3-8b"},
    ],
)
def test_a_row_with_other_content_is_not_taken(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator, difference: dict[str, str]
) -> None:
    job = lose(accepted=False)
    simulator.add_foreign_job(**(like(job) | difference))

    walk(clock)

    job.refresh_from_db()
    assert job.status == JobStatus.UNCONFIRMED


@pytest.mark.parametrize("skew_seconds", [-600, 600])
def test_clocks_that_disagree_are_compared_by_the_date_of_the_answer(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator, skew_seconds: int
) -> None:
    simulator.clock.set_skew(skew_seconds)
    job = lose(accepted=True)

    walk(clock)

    job.refresh_from_db()
    assert job.status == JobStatus.PENDING


def test_a_blank_display_name_is_looked_for_under_the_base_model(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator
) -> None:
    job = lose(accepted=True, display_name="")

    walk(clock)

    job.refresh_from_db()
    assert job.status == JobStatus.PENDING


def test_rows_that_repeat_count_once(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator
) -> None:
    job = lose(accepted=True)
    simulator.fault("repeated_rows", call="list", times=None)

    walk(clock)

    job.refresh_from_db()
    assert job.status == JobStatus.PENDING


def test_a_row_skipped_between_pages_makes_the_walk_no_proof(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator
) -> None:
    simulator.add_foreign_jobs(
        [{"display_name": f"Job {n}", "status": "SUCCESSED"} for n in range(150)]
    )
    job = lose(accepted=False)
    simulator.fault("row_removed", call="list")

    walk(clock)

    attempt = job.attempts.get()
    assert attempt.walks.get().complete is False
    assert attempt.clean_walks == 0


def test_a_sender_that_died_is_noticed_when_its_lease_ends(
    clock: time_machine.Traveller, submit: Submit, simulator: Simulator, settings: Any
) -> None:
    job = submit()
    now = timezone.now()
    way = upstream.connect(job.workspace)
    job.attempts.update(
        state=AttemptState.SENDING,
        sent_at=now,
        host=way.host,
        key_fingerprint=way.key_fingerprint,
        lease_owner="dead",
        lease_number=1,
        lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
    )
    ImportJob.objects.filter(pk=job.pk).update(status=JobStatus.SENDING)

    assert not settling.notice_dead_senders(WORKER)
    clock.shift(timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert settling.notice_dead_senders(WORKER)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.UNCONFIRMED, "worker_died")
    walk_to_the_end(clock, job)
    assert job.status == JobStatus.NOT_CREATED


def test_discovery_never_takes_what_an_unsettled_attempt_could_own(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator
) -> None:
    job = lose(accepted=True)

    discovery.discover_next(WORKER)
    assert ImportJob.objects.count() == 1
    walk(clock)

    job.refresh_from_db()
    assert job.status == JobStatus.PENDING
    assert ImportJob.objects.count() == 1


def test_a_resubmission_after_absence_is_a_new_job(
    clock: time_machine.Traveller, lose: Lose, submit: Submit, simulator: Simulator
) -> None:
    job = lose(accepted=False)
    walk_to_the_end(clock, job)

    again = submit(resubmission_of=job)
    sending.send_next(WORKER)

    again.refresh_from_db()
    assert again.status == JobStatus.PENDING
    assert again.resubmission_of_id == job.pk
    assert fields_for()["object_key"] == again.object_key


def test_an_older_row_with_the_same_content_does_not_keep_ours_from_being_adopted(
    clock: time_machine.Traveller, lose: Lose, simulator: Simulator
) -> None:
    older = simulator.add_foreign_job(
        base_model="qwen3-32b",
        display_name="Support tone",
        bucket_name="acme-models",
        object_key="models/support-tone/",
        age_seconds=600,
    )
    job = lose(accepted=True)

    walk(clock)

    job.refresh_from_db()
    assert job.status == JobStatus.PENDING
    assert job.remote_job_id != older
