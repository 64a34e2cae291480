"""Following costs calls by the page and not by the job; `pytest -s` prints how many."""

import sys
import time
from datetime import datetime

import pytest
from django.utils import timezone

from jobs.choices import JobStatus
from jobs.models import ImportJob, Workspace
from jobs.services import duties, following
from jobs.simulator import Simulator

WORDS = (("PENDING", JobStatus.PENDING), ("RUNNING", JobStatus.RUNNING))


def fill(simulator: Simulator, workspace: Workspace, size: int) -> list[str]:
    """So many open jobs at DashScope, each with its record here."""
    ids = simulator.add_foreign_jobs(
        [{"status": WORDS[number % 2][0], "age_seconds": number} for number in range(size)]
    )
    now = timezone.now()
    ImportJob.objects.bulk_create(
        ImportJob(
            workspace=workspace,
            weight_type="lora",
            base_model=job.base_model,
            bucket_name=job.bucket_name,
            object_key=job.object_key,
            remote_job_id=job.job_id,
            remote_status=word,
            status=dict(WORDS)[word],
            generated_model_name=job.model_name,
            gmt_create=job.gmt_create,
            remote_created_at=datetime.fromisoformat(job.gmt_create),
            created_at=now,
            updated_at=now,
        )
        for job, word in simulator.jobs()
    )
    return ids


def sweep(simulator: Simulator, workspace: Workspace) -> tuple[int, float]:
    """The calls of the next sweep, and the seconds that it took."""
    before = len(simulator.requests())
    duties.hasten(workspace, "follow")
    started = time.monotonic()
    assert following.follow_next("worker-1")
    return len(simulator.requests()) - before, time.monotonic() - started


@pytest.mark.parametrize("size", [100, 1_000, 10_000])
def test_a_sweep_costs_about_a_call_for_every_hundred_open_jobs(
    simulator: Simulator, workspace: Workspace, size: int
) -> None:
    ids = fill(simulator, workspace, size)
    first, first_seconds = sweep(simulator, workspace)
    ended = ids[::100]
    for job_id in ended:
        simulator.set_status(job_id, "SUCCESSED")

    calls, seconds = sweep(simulator, workspace)

    sys.stdout.write(
        f"\n{size} open jobs: the first sweep {first} calls in {first_seconds:.1f} s, "
        f"after {len(ended)} ended {calls} calls in {seconds:.1f} s\n"
    )
    assert first <= size / 100 + 10
    assert calls <= size / 100 + 10
    noticed = ImportJob.objects.filter(remote_job_id__in=ended, status=JobStatus.SUCCEEDED)
    assert noticed.count() == len(ended)
