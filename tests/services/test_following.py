"""Following: open jobs reach their end, a hundred a call, and nothing known is forgotten."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from jobs.actors import Actor
from jobs.choices import JobStatus, Verb
from jobs.models import AuditEvent, Duty, ImportJob, User, Workspace
from jobs.services import following, sending
from jobs.simulator import Simulator
from tests.making import make_job
from tests.services.conftest import WORKER

Submit = Callable[..., ImportJob]


@pytest.fixture
def sent(submit: Submit, simulator: Simulator) -> ImportJob:
    """A job that DashScope has accepted."""
    job = submit()
    sending.send_next(WORKER)
    job.refresh_from_db()
    return job


def sweep(clock: time_machine.Traveller, seconds: float = 0) -> bool:
    """Let our clock come to the next sweep and make it."""
    due = max(Duty.objects.filter(kind="follow").values_list("due_at", flat=True))
    clock.move_to(max(due, timezone.now()) + timedelta(seconds=seconds))
    return following.follow_next(WORKER)


def transitions(job: ImportJob) -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(job_id=job.pk, verb=Verb.JOB_STATUS_CHANGED)
    data = [json.loads(event.canonical)["data"] for event in events]
    return [(one["old"], one["new"]) for one in data]


def test_a_job_is_followed_to_its_end_with_every_step_kept(
    clock: time_machine.Traveller, sent: ImportJob, simulator: Simulator
) -> None:
    simulator.clock.push(5)
    sweep(clock)
    simulator.clock.push(60)
    sweep(clock)

    sent.refresh_from_db()
    assert sent.status == JobStatus.SUCCEEDED
    assert sent.finished_at is not None
    assert transitions(sent) == [("pending", "running"), ("running", "succeeded")]
    event = AuditEvent.objects.filter(verb=Verb.JOB_STATUS_CHANGED).first()
    data = json.loads(event.canonical)["data"]
    assert data["request_id"]
    assert data["dashscope_time"].endswith("Z")
    assert data["our_time"].endswith("Z")


def test_a_failure_is_kept_with_its_token(
    clock: time_machine.Traveller, submit: Submit, simulator: Simulator
) -> None:
    job = submit(object_key="models/demo-missing-file/")
    sending.send_next(WORKER)
    simulator.clock.push(60)

    sweep(clock)

    job.refresh_from_db()
    assert (job.status, job.error_call) == (JobStatus.FAILED, "import")
    assert job.error_code == "AvailableModelFileNotFound"
    assert job.guard_key == ""


def test_a_failure_in_chinese_is_kept_whole(
    clock: time_machine.Traveller, submit: Submit, simulator: Simulator
) -> None:
    job = submit(object_key="models/demo-oss-fetch/")
    sending.send_next(WORKER)
    simulator.clock.push(60)

    sweep(clock)

    job.refresh_from_db()
    assert (job.error_code, job.error_message) == ("", "OSS获取文件失败，请检查OSS内文件")


def test_what_the_list_leaves_out_is_not_forgotten(
    clock: time_machine.Traveller, sent: ImportJob, simulator: Simulator
) -> None:
    simulator.fault("sparse_rows", call="list", times=None)
    simulator.clock.push(5)

    sweep(clock)

    before, sent = sent, ImportJob.objects.get(pk=sent.pk)
    assert sent.status == JobStatus.RUNNING
    for name in ("weight_type", "generated_model_name", "gmt_create", "remote_created_at"):
        assert getattr(sent, name) == getattr(before, name) != ""


def test_an_unknown_status_word_is_shown_raw_and_followed_on(
    clock: time_machine.Traveller, sent: ImportJob, simulator: Simulator
) -> None:
    simulator.set_status(sent.remote_job_id, "QUEUING")
    sweep(clock)
    sent.refresh_from_db()
    assert (sent.status, sent.remote_status) == (JobStatus.OTHER, "QUEUING")

    simulator.set_status(sent.remote_job_id, "SUCCESSED")
    sweep(clock)

    sent.refresh_from_db()
    assert (sent.status, sent.remote_status) == (JobStatus.SUCCEEDED, "SUCCESSED")


def test_an_unknown_status_word_is_asked_for_less_and_less(
    clock: time_machine.Traveller,
    sent: ImportJob,
    submit: Submit,
    simulator: Simulator,
    workspace: Workspace,
    alice: User,
) -> None:
    simulator.set_status(sent.remote_job_id, "QUEUING")
    other = submit(object_key="models/another/")
    sending.send_next(WORKER)
    end, sweeps = timezone.now() + timedelta(minutes=6), 0
    while timezone.now() < end:
        # Young, so that sweeps stay frequent whatever becomes of the one with the strange word.
        ImportJob.objects.filter(pk=other.pk).update(created_at=timezone.now())
        sweep(clock)
        sweeps += 1
    looks = len(simulator.requests(call="get"))

    following.ask_now(workspace, actor=Actor(kind="person", label="alice", user_id=alice.pk))
    sweep(clock)

    assert sweeps > 100
    assert 5 < looks < 12
    assert len(simulator.requests(call="get")) == looks + 1


def test_a_job_that_vanished_is_marked_gone_and_stays(
    clock: time_machine.Traveller, sent: ImportJob, simulator: Simulator
) -> None:
    simulator.remove_job(sent.remote_job_id)

    sweep(clock)

    sent.refresh_from_db()
    assert sent.gone_at is not None
    assert sent.status == JobStatus.PENDING
    assert AuditEvent.objects.filter(job_id=sent.pk, verb=Verb.JOB_GONE).count() == 1
    assert not sweep(clock)


def test_trouble_backs_the_workspace_off_and_heals_by_itself(
    clock: time_machine.Traveller, sent: ImportJob, simulator: Simulator, workspace: Workspace
) -> None:
    simulator.fault("envelope", call="list", status=503, code="ModelUnavailable", times=12)
    pauses = []
    for _ in range(4):
        sweep(clock)
        workspace.refresh_from_db()
        assert workspace.retry_at
        pauses.append(workspace.retry_at - timezone.now())
        clock.move_to(workspace.retry_at - timedelta(seconds=0.1))
        assert not following.follow_next(WORKER)
        clock.move_to(workspace.retry_at)
    assert (workspace.failures, workspace.failure_code) == (4, "ModelUnavailable")
    assert pauses[-1] > pauses[0]

    simulator.clear_faults()
    sweep(clock)

    workspace.refresh_from_db()
    assert (workspace.failures, workspace.failing_since, workspace.retry_at) == (0, None, None)
    assert workspace.last_heard_at is not None


def test_a_wait_that_dashscope_asks_for_is_honoured(
    clock: time_machine.Traveller, sent: ImportJob, simulator: Simulator, workspace: Workspace
) -> None:
    simulator.fault("throttled", call="list", seconds=120)

    sweep(clock)

    workspace.refresh_from_db()
    assert workspace.retry_at
    assert workspace.retry_at - timezone.now() >= timedelta(seconds=119)


def test_a_stale_answer_does_not_turn_a_job_back(
    clock: time_machine.Traveller, sent: ImportJob, simulator: Simulator
) -> None:
    ImportJob.objects.filter(pk=sent.pk).update(
        status=JobStatus.RUNNING,
        remote_status="RUNNING",
        looked_at=timezone.now() + timedelta(hours=1),
    )

    sweep(clock)

    sent.refresh_from_db()
    assert sent.status == JobStatus.RUNNING


def test_young_jobs_are_looked_at_often_and_old_ones_less(
    clock: time_machine.Traveller, sent: ImportJob, workspace: Workspace, settings: Any
) -> None:
    young = following.interval_seconds(workspace)
    clock.shift(timedelta(hours=2))
    old = following.interval_seconds(workspace)
    clock.shift(timedelta(days=20))
    oldest = following.interval_seconds(workspace)

    assert young == settings.FOLLOW_INTERVAL_SECONDS
    assert young < old < oldest == following.LONGEST_INTERVAL_SECONDS


def test_a_workspace_without_open_jobs_is_left_alone(
    clock: time_machine.Traveller, simulator: Simulator, workspace: Workspace, bob: User
) -> None:
    make_job(workspace, by=bob, status=JobStatus.SUCCEEDED)

    assert not following.follow_next(WORKER)
    assert simulator.requests() == []


def test_many_that_ended_together_are_found_by_the_list(
    clock: time_machine.Traveller, simulator: Simulator, workspace: Workspace, bob: User
) -> None:
    ids = simulator.add_foreign_jobs(
        [{"display_name": f"Job {number}", "status": "SUCCESSED"} for number in range(150)]
    )
    for remote_job_id in ids:
        make_job(workspace, by=bob, status=JobStatus.RUNNING, remote_job_id=remote_job_id)

    following.follow_next(WORKER)

    assert set(ImportJob.objects.values_list("status", flat=True)) == {JobStatus.SUCCEEDED}
    assert len(simulator.requests()) <= 4
