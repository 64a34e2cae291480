"""What DashScope says of a job, taken into our record: never overwritten by nothing."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from jobs import dashscope
from jobs.choices import STATUS_OF_REMOTE_WORD, JobStatus, Verb
from jobs.dashscope import RemoteJob
from jobs.models import ImportJob
from jobs.services import audit

ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED)


def status_of(word: str) -> JobStatus:
    """Our status for DashScope's word; OTHER for one we don't know, which is followed on."""
    return STATUS_OF_REMOTE_WORD.get(word, JobStatus.OTHER)


def says_something_new(job: ImportJob, remote: RemoteJob) -> bool:
    """Whether the answer differs from the record in anything but the time of the look."""
    return bool(_changes(job, remote)) or job.gone_at is not None


def apply(act: audit.Act, job: ImportJob, remote: RemoteJob, exchange: dashscope.Exchange) -> bool:
    """Take the answer into the record and the history; False if there was nothing new.

    An answer that was asked for before the last one we hold is stale and changes nothing.
    """
    if job.looked_at and exchange.started_at < job.looked_at:
        return False
    changes = _changes(job, remote)
    reappeared = job.gone_at is not None
    if not changes and not reappeared:
        return False
    old, old_word = job.status, job.remote_status
    changes |= {"looked_at": exchange.started_at, "updated_at": timezone.now(), "gone_at": None}
    current = ImportJob.objects.filter(pk=job.pk, status=old, remote_status=old_word)
    if not current.update(**changes):
        return False  # another worker took a newer answer in
    for name, value in changes.items():
        setattr(job, name, value)
    if reappeared:
        act.record(Verb.JOB_REAPPEARED, job, data={"request_id": exchange.request_id})
    if (old, old_word) != (job.status, job.remote_status):
        act.record(
            Verb.JOB_STATUS_CHANGED,
            job,
            data={
                "old": old,
                "new": job.status,
                "old_word": old_word,
                "new_word": job.remote_status,
                "error_code": remote.error_code,
                "request_id": exchange.request_id,
                "dashscope_time": _text(exchange.server_date),
                "our_time": _text(exchange.finished_at),
            },
        )
    return True


def mark_gone(act: audit.Act, job: ImportJob, exchange: dashscope.Exchange) -> None:
    """DashScope no longer knows the job: deleted there, or under another key. Our row stays.
    Vendor page: get-import-job-api."""
    now = timezone.now()
    unmarked = ImportJob.objects.filter(pk=job.pk, gone_at=None, deleted_at=None)
    # The guard goes with the model: the same weights may be imported again.
    if unmarked.update(gone_at=now, updated_at=now, looked_at=exchange.started_at, guard_key=""):
        act.record(Verb.JOB_GONE, job, data={"request_id": exchange.request_id})


def note_look(job: ImportJob, exchange: dashscope.Exchange) -> None:
    """Remember when an unchanged job was last asked for, so that others have their turn."""
    ImportJob.objects.filter(pk=job.pk).update(looked_at=exchange.started_at)


def remote_fields(remote: RemoteJob) -> dict[str, Any]:
    """The record's fields that the answer names, less those that it leaves empty."""
    status = status_of(remote.status)
    fields: dict[str, Any] = {
        "remote_job_id": remote.job_id,
        "generated_model_name": remote.model_name[:300],
        "remote_status": remote.status[:80],
        "gmt_create": remote.gmt_create[:80],
        "remote_created_at": remote.created_at,
        "weight_type": remote.weight_type,
    }
    if status == JobStatus.FAILED and remote.error_code:
        # DashScope's error_code is a token or a whole sentence (vendor page: get-import-job-api).
        token = remote.error_code if remote.error_code.isascii() else ""
        fields |= {
            "error_call": "import",
            "error_code": token if len(token) <= 80 and " " not in token else "",
            "error_message": remote.error_code,
        }
    fields = {name: value for name, value in fields.items() if value}
    if remote.status:
        fields["status"] = status
    return fields


def fields_of_new(remote: RemoteJob) -> dict[str, Any]:
    """The same for a record that had no remote job yet: without a status word it is followed."""
    return {"status": JobStatus.OTHER} | remote_fields(remote)


def _changes(job: ImportJob, remote: RemoteJob) -> dict[str, Any]:
    fields = remote_fields(remote)
    if job.weight_type:
        fields.pop("weight_type", None)  # what was asked for stands
    changes = {name: value for name, value in fields.items() if getattr(job, name) != value}
    if changes.get("status") in ENDED:
        changes["finished_at"] = timezone.now()
        if changes["status"] == JobStatus.FAILED:
            changes["guard_key"] = ""  # the same weights may be submitted again
    return changes


def _text(at: datetime | None) -> str:
    return audit.utc_text(at) if at else ""
