"""Deletion at DashScope: the intent first, every race ends truthfully, our record stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from jobs import actors
from jobs.choices import DeletionState, JobStatus, Verb
from jobs.errors import NotPermitted, WrongState
from jobs.models import AuditEvent, Deletion, ImportJob, User, Workspace
from jobs.services import discovery, removal, sending
from jobs.simulator import Simulator
from tests.making import make_job
from tests.services.conftest import WORKER

Submit = Callable[..., ImportJob]


@pytest.fixture
def imported(workspace: Workspace, bob: User, simulator: Simulator) -> ImportJob:
    """Bob's job, imported, at DashScope and here."""
    remote_job_id = simulator.add_foreign_job(display_name="Tone", status="SUCCESSED")
    return make_job(workspace, by=bob, display_name="Tone", remote_job_id=remote_job_id)


def as_person(user: User) -> actors.Actor:
    return actors.Actor(kind="person", label=user.label, user_id=user.pk)


def ask(job: ImportJob, user: User) -> Deletion:
    return removal.request(job, reason="superseded", actor=as_person(user))


def run(clock: time_machine.Traveller, times: int = 1) -> None:
    for _ in range(times):
        assert removal.remove_next(WORKER)
        clock.shift(timedelta(seconds=61))


def test_it_is_deleted_there_and_stays_here(
    clock: time_machine.Traveller, imported: ImportJob, bob: User, simulator: Simulator
) -> None:
    ask(imported, bob)

    run(clock)

    imported.refresh_from_db()
    assert simulator.jobs() == []
    assert imported.status == JobStatus.SUCCEEDED
    assert imported.deleted_at is not None
    assert (imported.deleted_by_label, imported.deletion_reason) == ("Bob", "superseded")
    assert imported.guard_key == ""
    verbs = list(AuditEvent.objects.filter(job_id=imported.pk).values_list("verb", flat=True))
    assert verbs == [Verb.DELETION_REQUESTED, Verb.DELETION_SENDING, Verb.DELETION_DONE]
    assert not removal.remove_next(WORKER)


def test_the_intent_is_on_disk_before_the_call(
    clock: time_machine.Traveller, imported: ImportJob, bob: User, simulator: Simulator
) -> None:
    deletion = ask(imported, bob)

    assert deletion.state == DeletionState.INTENDED
    assert simulator.requests(call="delete") == []


def test_one_that_is_gone_already_is_done(
    clock: time_machine.Traveller, imported: ImportJob, bob: User, simulator: Simulator
) -> None:
    simulator.remove_job(imported.remote_job_id)
    ask(imported, bob)

    run(clock)

    imported.refresh_from_db()
    assert imported.deletions.get().state == DeletionState.DONE
    assert imported.deleted_at is not None


def test_a_state_that_changed_meanwhile_refuses_it_and_is_taken_in(
    clock: time_machine.Traveller, imported: ImportJob, bob: User, simulator: Simulator
) -> None:
    simulator.set_status(imported.remote_job_id, "RUNNING")
    ask(imported, bob)

    run(clock)

    imported.refresh_from_db()
    deletion = imported.deletions.get()
    assert (deletion.state, deletion.code) == (DeletionState.REFUSED, "OperationDenied")
    assert (imported.status, imported.deleted_at) == (JobStatus.RUNNING, None)


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("kind", ["close", "reset", "envelope", "truncated"])
def test_an_unanswered_one_is_looked_at_before_it_is_asked_again(
    clock: time_machine.Traveller,
    imported: ImportJob,
    bob: User,
    simulator: Simulator,
    kind: str,
    accepted: bool,
) -> None:
    accepted = accepted or kind == "truncated"  # which only spoils a real answer
    simulator.fault(kind, call="delete", accepted=accepted)
    ask(imported, bob)

    run(clock, times=2 if accepted else 3)

    imported.refresh_from_db()
    assert imported.deletions.get().state == DeletionState.DONE
    assert imported.deleted_at is not None
    assert len(simulator.requests(call="delete")) == (1 if accepted else 2)


def test_a_worker_that_died_while_asking_is_followed_by_a_look(
    clock: time_machine.Traveller, imported: ImportJob, bob: User, simulator: Simulator
) -> None:
    ask(imported, bob)
    imported.deletions.update(state=DeletionState.SENDING)
    simulator.remove_job(imported.remote_job_id)

    run(clock)

    imported.refresh_from_db()
    assert imported.deletions.get().state == DeletionState.DONE
    assert simulator.requests(call="delete") == []


def test_it_waits_while_dashscope_is_out_of_reach(
    clock: time_machine.Traveller, imported: ImportJob, bob: User, simulator: Simulator
) -> None:
    simulator.stop()
    ask(imported, bob)
    run(clock)
    simulator.start()

    run(clock)

    imported.refresh_from_db()
    assert imported.deletions.get().state == DeletionState.DONE


@pytest.mark.parametrize(
    "status", [JobStatus.PENDING, JobStatus.RUNNING, JobStatus.UNCONFIRMED, JobStatus.REJECTED]
)
def test_only_what_ended_can_be_deleted(workspace: Workspace, bob: User, status: JobStatus) -> None:
    job = make_job(workspace, by=bob, status=status)

    with pytest.raises(WrongState):
        ask(job, bob)


def test_a_second_request_is_refused_while_one_is_under_way(imported: ImportJob, bob: User) -> None:
    ask(imported, bob)

    with pytest.raises(WrongState):
        ask(imported, bob)


def test_a_submitter_deletes_their_own_and_an_admin_any(
    workspace: Workspace, bob: User, alice: User, vera: User, simulator: Simulator
) -> None:
    job = make_job(workspace, by=alice)

    for user in (bob, vera):
        with pytest.raises(NotPermitted):
            ask(job, user)
    ask(job, alice)

    assert job.deletions.count() == 1


def test_the_same_weights_may_be_imported_again_afterwards(
    clock: time_machine.Traveller, submit: Submit, simulator: Simulator, bob: User
) -> None:
    job = submit()
    sending.send_next(WORKER)
    simulator.clock.push(60)
    discovery.discover_next(WORKER)
    job.refresh_from_db()
    ask(job, bob)
    run(clock)

    assert submit().pk != job.pk


def test_a_missing_key_ends_it_with_the_setting_named(
    imported: ImportJob, bob: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY")
    ask(imported, bob)

    removal.remove_next(WORKER)

    deletion = imported.deletions.get()
    assert (deletion.state, deletion.code) == (DeletionState.REFUSED, "missing_key")
    assert "DASHSCOPE_API_KEY" in deletion.message
