"""Records for tests, each with defaults that a reader can guess.

These write through the models. A test of a service makes its records with that service.
"""

import hashlib
import itertools
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from jobs import actors
from jobs.choices import (
    GUARDED_STATUSES,
    OPEN_STATUSES,
    AttemptState,
    Call,
    ConfirmedBy,
    ExchangeOutcome,
    JobStatus,
    Role,
    Verb,
)
from jobs.models import Attempt, Exchange, ImportJob, Membership, User, Workspace
from jobs.services import audit
from jobs.services.content import Content
from jobs.session_store import SessionStore

PASSWORD = "correct-horse-battery"  # of everyone whom make_person makes
REMOTE_WORDS = {
    JobStatus.PENDING: "PENDING",
    JobStatus.RUNNING: "RUNNING",
    JobStatus.SUCCEEDED: "SUCCESSED",
    JobStatus.FAILED: "FAILED",
    JobStatus.OTHER: "PAUSED",
}
STATES_OF_STATUS = {
    JobStatus.QUEUED: AttemptState.INTENDED,
    JobStatus.SENDING: AttemptState.SENDING,
    JobStatus.UNCONFIRMED: AttemptState.UNKNOWN,
    JobStatus.REJECTED: AttemptState.REJECTED,
    JobStatus.NOT_CREATED: AttemptState.NOT_SENT,
}

_numbers = itertools.count(1)


def make_person(
    username: str, role: Role | None = None, workspace: Workspace | None = None, **fields: Any
) -> User:
    """Someone with an account and PASSWORD; with a role, a member, of whom no event tells."""
    fields = {"email": f"{username}@example.com", "first_name": username.capitalize()} | fields
    person = User.objects.create_user(username, password=PASSWORD, **fields)
    if role and workspace:
        Membership.objects.create(workspace=workspace, user=person, role=role)
    return person


def sign_in(browser: Client, person: User) -> None:
    """Give the browser the session of someone who has come in with their password."""
    store, key = SessionStore(), secrets.token_hex(16)
    data = {
        SESSION_KEY: str(person.pk),
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: person.get_session_auth_hash(),
    }
    Session.objects.create(
        session_key=key, session_data=store.encode(data), expire_date=store.get_expiry_date()
    )
    browser.cookies[settings.SESSION_COOKIE_NAME] = key


def make_job(workspace: Workspace, *, by: User | None = None, **fields: Any) -> ImportJob:
    """A job as it would stand with its status ("succeeded" unless told); no two share weights."""
    number = next(_numbers)
    fields = {
        "status": JobStatus.SUCCEEDED,
        "base_model": "qwen3-32b",
        "display_name": f"Support tone {number}",
        "weight_type": "lora",
        "bucket_name": "acme-models",
        "object_key": f"models/support-tone-{number}/",
        "created_at": timezone.now(),
    } | fields
    fields.setdefault("updated_at", fields["created_at"])
    content = Content(
        **{name: fields[name] for name in ("base_model", "display_name", "bucket_name")},
        **{name: fields[name] for name in ("object_key", "weight_type")},
    )
    fields.setdefault("content_digest", content.digest())
    if fields["status"] in GUARDED_STATUSES:
        fields.setdefault("guard_key", content.digest())
    if word := REMOTE_WORDS.get(fields["status"]):
        fields.setdefault("remote_status", word)
        fields.setdefault("remote_job_id", f"import-{number:06d}")
        fields.setdefault("generated_model_name", f"{fields['base_model']}-offline-{number:06d}")
        fields.setdefault("gmt_create", "2026-01-31T08:00:00.000+00:00")
    if fields["status"] not in OPEN_STATUSES:
        fields.setdefault("finished_at", fields["updated_at"])
    if fields["status"] == JobStatus.FAILED:
        fields.setdefault("error_call", "import")
        fields.setdefault("error_code", "AvailableModelFileNotFound")
        fields.setdefault("error_message", "AvailableModelFileNotFound")
    if fields["status"] == JobStatus.REJECTED:
        fields.setdefault("error_call", Call.CREATE)
        fields.setdefault("error_code", "InvalidParameter")
        fields.setdefault("error_message", "The object_key is not a directory.")
    return ImportJob.objects.create(
        workspace=workspace,
        submitted_by=by,
        submitted_by_label=by.label if by else "",
        **fields,
    )


def change(job: ImportJob, **fields: Any) -> None:
    """Change the job as a service would: together with an event, by which pages notice it."""
    with audit.act(actors.command_line()) as act:
        if fields:
            ImportJob.objects.filter(pk=job.pk).update(**fields)
        act.record(Verb.EXCHANGE_KEPT, job)


def make_attempt(job: ImportJob, **fields: Any) -> Attempt:
    """The job's next attempt, in the state that the job's status implies."""
    now = timezone.now()
    state = fields.setdefault(
        "state", STATES_OF_STATUS.get(JobStatus(job.status), AttemptState.CONFIRMED)
    )
    payload = fields.setdefault("payload", _payload_of(job))
    if state != AttemptState.INTENDED:
        fields.setdefault("sent_at", now)
    if state == AttemptState.CONFIRMED:
        fields.setdefault("remote_job_id", job.remote_job_id)
        fields.setdefault("confirmed_by", ConfirmedBy.ANSWER)
    if state == AttemptState.UNKNOWN:
        fields.setdefault("reason", "read_timeout")
        fields.setdefault("settle_until", now + timedelta(minutes=5))
    return Attempt.objects.create(
        job=job,
        **{
            "number": job.attempts.count() + 1,
            "payload_digest": hashlib.sha256(payload.encode()).hexdigest(),
            "send_after": now,
            "expires_at": now + timedelta(days=1),
            "created_at": now,
        }
        | fields,
    )


def make_exchange(job: ImportJob, **fields: Any) -> Exchange:
    """A create call that was answered, unless told otherwise."""
    now = timezone.now()
    return Exchange.objects.create(
        job=job,
        **{
            "call": Call.CREATE,
            "outcome": ExchangeOutcome.ANSWERED,
            "host": "dashscope.aliyuncs.com",
            "key_fingerprint": "3f9ac1d2b4e5",
            "method": "POST",
            "path": "/api/v1/custom_models/import",
            "request_body": _payload_of(job),
            "status_code": 200,
            "response_headers": {"Content-Type": "application/json"},
            "response_body": '{"request_id":"req-1","output":{"status":"PENDING"}}',
            "response_bytes": 51,
            "request_id": "req-1",
            "started_at": now,
            "finished_at": now + timedelta(milliseconds=120),
            "duration_ms": 120,
        }
        | fields,
    )


def _payload_of(job: ImportJob) -> str:
    content = Content(
        base_model=job.base_model,
        display_name=job.display_name,
        bucket_name=job.bucket_name,
        object_key=job.object_key,
        weight_type=job.weight_type or "lora",
    )
    return content.payload().decode()
