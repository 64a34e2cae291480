"""Submitting an import: the intent is on disk before anything can be sent."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.actors import Actor
from jobs.choices import RESUBMITTABLE_STATUSES, JobStatus, Verb
from jobs.errors import DifferentSubmission, DuplicateImport, InvalidFields, WrongState
from jobs.models import Attempt, ImportJob, Workspace
from jobs.permissions import Ability, require
from jobs.services import audit, content
from jobs.services.content import Content


@dataclass(frozen=True)
class Submission:
    """The job that a submission led to; `created` is False when it was there already."""

    job: ImportJob
    created: bool


def submit(
    workspace: Workspace,
    fields: Mapping[str, str],
    *,
    actor: Actor,
    submission_key: str = "",
    allow_duplicate: bool = False,
    reason: str = "",
    resubmission_of: ImportJob | None = None,
) -> Submission:
    """Write the intent to import, durably. The worker sends it; nothing is sent from here.

    A `submission_key` used before leads to the job it made. Raises NotPermitted,
    InvalidFields, DuplicateImport (the same weights are open or imported already, and
    `allow_duplicate` with a reason is not given), DifferentSubmission (the key was used with
    other content) and WrongState (`resubmission_of` cannot be resubmitted).
    """
    require(actor, Ability.SUBMIT, workspace)
    wanted = content.check(fields)
    key = _stored_key(submission_key)
    # Looked for before the key: a job that appears in between was made by the same form.
    earlier = guarding(workspace, wanted)
    if key and (made := _made_with(key, workspace, wanted)):
        return made
    reason = content.check_reason(reason)
    if allow_duplicate and not reason:
        raise InvalidFields({"reason": [_("Say why the same weights are imported once more.")]})
    if resubmission_of and resubmission_of.status not in RESUBMITTABLE_STATUSES:
        raise WrongState(resubmission_of.status)
    if earlier and not allow_duplicate:
        raise DuplicateImport(earlier.pk)
    try:
        job = _write_intent(workspace, wanted, actor, key, earlier, reason, resubmission_of)
    except IntegrityError:
        # Somebody else posted the same form, or the same weights, in this very moment.
        if key and (made := _made_with(key, workspace, wanted)):
            return made
        if now_guarding := guarding(workspace, wanted):
            if allow_duplicate:
                job = _write_intent(
                    workspace, wanted, actor, key, now_guarding, reason, resubmission_of
                )
                return Submission(job, created=True)
            raise DuplicateImport(now_guarding.pk) from None
        raise
    return Submission(job, created=True)


def guarding(workspace: Workspace, wanted: Content) -> ImportJob | None:
    """The newest job with the same base model, bucket, path and weight type that is open or
    succeeded, if there is one."""
    return (
        ImportJob.objects.guarding()
        .filter(workspace=workspace, content_digest=wanted.digest())
        .order_by("-created_at", "-id")
        .first()
    )


def _stored_key(submission_key: str) -> str:
    return hashlib.sha256(submission_key.encode()).hexdigest() if submission_key else ""


def _made_with(key: str, workspace: Workspace, wanted: Content) -> Submission | None:
    job = ImportJob.objects.filter(submission_key=key).first()
    if job is None:
        return None
    same = job.workspace_id == workspace.pk and all(
        getattr(job, name) == getattr(wanted, name) for name in content.FIELDS
    )
    if not same:
        raise DifferentSubmission(job.pk)
    return Submission(job, created=False)


def _write_intent(
    workspace: Workspace,
    wanted: Content,
    actor: Actor,
    key: str,
    earlier: ImportJob | None,
    reason: str,
    resubmission_of: ImportJob | None,
) -> ImportJob:
    now = timezone.now()
    digest = wanted.digest()
    with audit.act(actor) as act:
        job = ImportJob.objects.create(
            workspace=workspace,
            status=JobStatus.QUEUED,
            base_model=wanted.base_model,
            display_name=wanted.display_name,
            weight_type=wanted.weight_type,
            bucket_name=wanted.bucket_name,
            object_key=wanted.object_key,
            submitted_by_id=actor.user_id,
            submitted_by_label=actor.label,
            submission_key=key,
            content_digest=digest,
            guard_key="" if earlier else digest,
            duplicate_reason=reason if earlier else "",
            resubmission_of=resubmission_of,
            created_at=now,
            updated_at=now,
        )
        attempt = intend(job, number=1, payload=wanted.payload().decode(), send_after=now)
        act.record(
            Verb.JOB_RESUBMITTED if resubmission_of else Verb.JOB_SUBMITTED,
            job,
            data={
                "payload": attempt.payload,
                "payload_digest": attempt.payload_digest,
                "resubmission_of": resubmission_of.pk if resubmission_of else None,
            },
        )
        if earlier:
            act.record(
                Verb.GUARD_OVERRIDDEN,
                job,
                data={"earlier_job": earlier.pk, "reason": job.duplicate_reason},
            )
    return job


def intend(job: ImportJob, *, number: int, payload: str, send_after: datetime) -> Attempt:
    """Write the intent of one create; run inside the act that says why."""
    now = timezone.now()
    return Attempt.objects.create(
        job=job,
        number=number,
        payload=payload,
        payload_digest=hashlib.sha256(payload.encode()).hexdigest(),
        send_after=send_after,
        expires_at=now + timedelta(seconds=settings.SUBMISSION_EXPIRES_SECONDS),
        created_at=now,
    )
