"""Discovery: the whole truth, jobs made elsewhere and jobs gone from DashScope included."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.choices import JobStatus, Origin, Verb
from jobs.models import AuditEvent, Duty, ImportJob, User, Workspace
from jobs.services import discovery, sending
from jobs.simulator import SIMULATOR_KEY, Simulator
from tests.making import make_job
from tests.services.conftest import WORKER

Submit = Callable[..., ImportJob]


def discover() -> None:
    Duty.objects.update(due_at=timezone.now())
    assert discovery.discover_next(WORKER)


def test_the_first_walk_takes_in_the_whole_past(simulator: Simulator, workspace: Workspace) -> None:
    simulator.add_foreign_jobs(
        [{"display_name": f"Job {n}", "status": "SUCCESSED"} for n in range(230)]
    )

    discover()
    discover()

    assert ImportJob.objects.count() == 230
    assert AuditEvent.objects.filter(verb=Verb.JOB_DISCOVERED).count() == 230
    assert len(simulator.requests(call="list")) == 6


def test_a_discovered_job_says_what_is_known_and_what_is_guessed(
    simulator: Simulator, workspace: Workspace
) -> None:
    remote_job_id = simulator.add_foreign_job(
        base_model="qwen3-14b", display_name="By hand", status="RUNNING"
    )

    discover()

    job = ImportJob.objects.get()
    assert (job.remote_job_id, job.origin) == (remote_job_id, Origin.DISCOVERED)
    assert (job.base_model, job.base_model_inferred) == ("qwen3-14b", True)
    assert (job.weight_type, job.submitted_by, job.submitted_by_label) == ("", None, "")
    assert (job.status, job.display_name) == (JobStatus.RUNNING, "By hand")
    assert job.created_at == job.remote_created_at


def test_our_own_job_is_not_taken_in_twice(submit: Submit, simulator: Simulator) -> None:
    submit()
    sending.send_next(WORKER)

    discover()

    assert ImportJob.objects.count() == 1


def test_a_finished_job_that_vanished_is_marked_gone_and_comes_back(
    submit: Submit, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    sending.send_next(WORKER)
    simulator.clock.push(60)
    discover()

    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-another-workspace")
    discover()
    job.refresh_from_db()
    assert (job.status, job.gone_at is None) == (JobStatus.SUCCEEDED, False)
    monkeypatch.setenv("DASHSCOPE_API_KEY", SIMULATOR_KEY)
    discover()

    job.refresh_from_db()
    assert job.gone_at is None
    assert AuditEvent.objects.filter(verb=Verb.JOB_REAPPEARED).count() == 1


def test_a_job_that_was_deleted_here_is_not_news(
    simulator: Simulator, workspace: Workspace, bob: User
) -> None:
    job = make_job(workspace, by=bob, deleted_at=timezone.now(), deleted_by_label="Bob")
    before = ImportJob.objects.get(pk=job.pk)

    discover()

    assert ImportJob.objects.get(pk=job.pk).updated_at == before.updated_at
    assert not AuditEvent.objects.filter(verb=Verb.JOB_GONE).exists()


def test_it_is_due_again_after_its_interval(
    simulator: Simulator, workspace: Workspace, settings
) -> None:
    discover()

    due = Duty.objects.get(kind="discover").due_at
    interval = timedelta(seconds=settings.DISCOVER_INTERVAL_SECONDS)
    assert timezone.now() < due <= timezone.now() + interval


@pytest.mark.parametrize(
    ("generated", "base"),
    [
        ("qwen3-32b-offline-20240101-abc1", "qwen3-32b"),
        ("qwen2.5-vl-72b-instruct-offline-20261124-a91c", "qwen2.5-vl-72b-instruct"),
        ("qwen3-4b-instruct-2507-offline-20261124-a91c", "qwen3-4b-instruct-2507"),
        ("something-else", "something-else"),
    ],
)
def test_the_base_model_is_guessed_from_the_generated_name(generated: str, base: str) -> None:
    assert discovery.inferred_base_model(generated) == base
