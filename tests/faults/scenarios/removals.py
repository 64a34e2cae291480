"""Deletions at DashScope: like a create the intent comes first, and the answer may be lost."""

from typing import Any

from jobs import actors
from jobs.choices import OPEN_DELETION_STATES, DeletionState, JobStatus
from jobs.models import Deletion, ImportJob
from jobs.services import removal
from tests.faults.desk import Desk, pause
from tests.faults.scenarios import scenario
from tests.faults.scenarios.answers import SERVER_ERRORS
from tests.waiting import until

LOSSES: list[dict[str, Any]] = [
    *({"kind": kind} for kind in ("hang", "reset", "close", "html", "garbage")),
    *SERVER_ERRORS,
]


@scenario()
def deletions_unanswered(desk: Desk, rounds: int) -> None:
    """Each ends as done if and only if the job is gone, though workers die in between."""
    desk.start_dashscope()
    worker = desk.start_worker()
    submitted = [desk.submit() for _ in range(rounds)]
    jobs = ImportJob.objects.filter(pk__in=[one.job_id for one in submitted])
    until(
        lambda: jobs.filter(status=JobStatus.SUCCEEDED).count() == rounds,
        seconds=180,
        what="every import succeeded",
    )
    for job in jobs:
        if desk.random.random() < 0.8:
            fault = desk.random.choice(LOSSES) | {"accepted": desk.random.random() < 0.5}
            desk.dashscope.fault(**fault, call="delete", aimed_at=job.display_name)
        removal.request(job, reason="no longer needed", actor=actors.command_line())
        if desk.random.random() < 0.1:
            pause(desk.random.random() * 0.6)
            worker.kill()
            worker = desk.start_worker()
    deletions = Deletion.objects.filter(job__in=jobs)
    until(
        lambda: not deletions.filter(state__in=OPEN_DELETION_STATES).exists(),
        seconds=180,
        what="every deletion ended",
    )
    there = {job.job_id for job, _status in desk.dashscope.jobs()}
    for deletion in deletions.select_related("job"):
        gone = deletion.job.remote_job_id not in there
        assert gone == (deletion.state == DeletionState.DONE), deletion
        assert gone == (deletion.job.deleted_at is not None), deletion
