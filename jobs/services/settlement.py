"""How an unsettled attempt ends: adopted, put to a person, picked, or found absent.

Nobody holds a lease on such an attempt. Its state is the fence: each change names the state in
which the attempt was read, and raises LeaseLost when somebody settled it meanwhile.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from jobs.choices import AttemptState, ConfirmedBy, DutyKind, JobStatus, Verb
from jobs.dashscope import RemoteJob
from jobs.errors import LeaseLost
from jobs.models import Attempt, ImportJob
from jobs.services import audit, duties, observation, outcomes
from jobs.services.listing import Coverage

CLEAN_WALKS_FOR_ABSENCE = 2
# A walk that takes this share of the settle period is slow, and then proves less.
SLOW_SHARE = 0.1


def adopt(
    act: audit.Act, attempt: Attempt, row: RemoteJob, coverage: Coverage, started_at: datetime
) -> None:
    """The only free match is the job that the attempt made."""
    confirm(attempt, row, ConfirmedBy.ADOPTED)
    act.record(
        Verb.ATTEMPT_ADOPTED,
        attempt.job,
        data={
            "attempt": attempt.number,
            "remote_job_id": row.job_id,
            "generated_model_name": row.model_name,
            "status": row.status,
            "gmt_create": row.gmt_create,
            "walk_started": audit.utc_text(started_at),
            "pages": coverage.pages,
            "rows": len(coverage.jobs),
            "request_id": coverage.request_ids[-1],
        },
    )
    duties.hasten(attempt.job.workspace, DutyKind.FOLLOW)


def put_to_person(act: audit.Act, attempt: Attempt, rows: list[RemoteJob]) -> None:
    """Several rows could be the attempt's own, or one could be another attempt's too."""
    update(attempt, state=AttemptState.CONFLICT, candidates=[candidate(row) for row in rows])
    ImportJob.objects.filter(pk=attempt.job_id).update(
        error_call="desk", error_code="conflict", updated_at=timezone.now()
    )
    act.record(
        Verb.ATTEMPT_CONFLICT,
        attempt.job,
        data={"attempt": attempt.number, "candidates": [row.job_id for row in rows]},
    )


def note_clean_walk(
    act: audit.Act,
    attempt: Attempt,
    started_at: datetime,
    finished_at: datetime,
    coverage: Coverage,
) -> None:
    """No row could be the attempt's own. That is absence once the settle period is over."""
    duration = finished_at - started_at
    slow = duration > timedelta(seconds=SLOW_SHARE * settings.SETTLE_PERIOD_SECONDS)
    settle_until = (attempt.settle_until or finished_at) + (duration if slow else timedelta(0))
    walks = attempt.clean_walks + 1
    if started_at < settle_until or walks < CLEAN_WALKS_FOR_ABSENCE:
        update(attempt, clean_walks=walks, settle_until=settle_until)
        return
    end_absent(attempt, reason="absent")
    act.record(
        Verb.ATTEMPT_ABSENT,
        attempt.job,
        data={
            "attempt": attempt.number,
            "clean_walks": walks,
            "rows": len(coverage.jobs),
            "request_id": coverage.request_ids[-1],
        },
    )


def note_failed_walk(attempt: Attempt) -> None:
    """A walk that failed proves nothing: absence needs fresh clean walks, over at least a
    quarter of the settle period."""
    quarter = timedelta(seconds=settings.SETTLE_PERIOD_SECONDS / 4)
    at_least = timezone.now() + quarter
    update(attempt, clean_walks=0, settle_until=max(attempt.settle_until or at_least, at_least))


def confirm(attempt: Attempt, row: RemoteJob, by: ConfirmedBy) -> None:
    """Tie the attempt to the row. Raises IntegrityError if another record owns it by now."""
    now = timezone.now()
    update(
        attempt,
        state=AttemptState.CONFIRMED,
        confirmed_by=by,
        remote_job_id=row.job_id,
        ended_at=now,
    )
    changes = outcomes.NO_ERROR | observation.fields_of_new(row) | {"updated_at": now}
    changes.pop("weight_type", None)  # what was asked for stands
    if changes.get("status") in observation.ENDED:
        changes["finished_at"] = now
    if changes.get("status") == JobStatus.FAILED:
        changes["guard_key"] = ""
    ImportJob.objects.filter(pk=attempt.job_id).update(**changes)


def end_absent(attempt: Attempt, *, reason: str) -> None:
    """The import was not created, by the walks or by a person's word; it may be resubmitted."""
    now = timezone.now()
    update(attempt, state=AttemptState.ABSENT, reason=reason, ended_at=now)
    ImportJob.objects.filter(pk=attempt.job_id).update(
        status=JobStatus.NOT_CREATED,
        error_call="desk",
        error_code=reason,
        guard_key="",
        finished_at=now,
        updated_at=now,
    )


def update(attempt: Attempt, **changes: Any) -> None:
    """Change an attempt that is still in the state in which it was read, or raise LeaseLost."""
    if not Attempt.objects.filter(pk=attempt.pk, state=attempt.state).update(**changes):
        raise LeaseLost(str(attempt))


def candidate(row: RemoteJob) -> dict[str, str]:
    """A row as it is kept for a person to choose from."""
    return {
        "job_id": row.job_id,
        "model_name": row.model_name,
        "display_name": row.display_name,
        "bucket_name": row.bucket_name,
        "object_key": row.object_key,
        "status": row.status,
        "gmt_create": row.gmt_create,
        "error_code": row.error_code,
        "created_at": row.created_at.isoformat() if row.created_at else "",
    }


def row_of(kept: dict[str, str]) -> RemoteJob:
    """The row that a kept candidate was."""
    fields: dict[str, Any] = dict(kept)
    at = fields.pop("created_at")
    return RemoteJob(**fields, source="OSS", created_at=datetime.fromisoformat(at) if at else None)
