"""Submitting and resubmitting imports."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Field, Header, Schema
from ninja.responses import Status
from pydantic import ConfigDict, StrictBool

from jobs.api.bearer import ApiRequest
from jobs.api.envelope import responses
from jobs.api.faults import UnknownWorkspace
from jobs.api.job_shape import JobOut
from jobs.api.jobs import router, shown_alone, visible
from jobs.choices import WeightType
from jobs.errors import InvalidFields
from jobs.models import ImportJob, Workspace
from jobs.permissions import Ability, workspaces_allowing
from jobs.services import content, submission
from jobs.services.submission import Submission

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{0,255}$",
        description=gettext_noop(
            "Any text of your own, a UUID for instance. The same key with the same content "
            "leads to the same job, however often it is sent; with other content to 409."
        ),
    ),
]


def _weight_types(schema: dict[str, Any]) -> None:
    """The service refuses others, with a better message than Pydantic's."""
    schema["enum"] = list(WeightType.values)


class Again(Schema):
    """What it takes to import the same weights once more."""

    model_config = ConfigDict(extra="forbid")

    allow_duplicate: StrictBool = Field(
        False,
        description=gettext_noop(
            "Import the same weights although a job with them is open or succeeded."
        ),
    )
    reason: str = Field(
        "", description=gettext_noop("Why; needed with allow_duplicate, and kept in the history.")
    )


class SubmissionIn(Again):
    """An import, field by field as DashScope takes it. Nothing is corrected."""

    workspace: str | None = Field(
        None,
        description=gettext_noop(
            "The workspace's short name; it may be left out by whoever submits in only one."
        ),
    )
    base_model: str = Field(
        description=gettext_noop("What the weights were tuned from."), examples=["qwen3-32b"]
    )
    display_name: str = Field(
        "",
        description=gettext_noop("At most 50 characters; without one the base model's name."),
        examples=["Support tone"],
    )
    bucket_name: str = Field(
        description=gettext_noop("The OSS bucket's name."), examples=["acme-models"]
    )
    object_key: str = Field(
        description=gettext_noop("The directory in it, ending with a slash."),
        examples=["models/support-tone/"],
    )
    weight_type: str = Field(
        description=gettext_noop("How the weights were tuned."),
        examples=["lora"],
        json_schema_extra=_weight_types,
    )


class ResubmissionIn(Again):
    """What is corrected; what is left out stays as it was in the job that is resubmitted."""

    base_model: str | None = None
    display_name: str | None = None
    bucket_name: str | None = None
    object_key: str | None = Field(None, examples=["models/support-tone-fixed/"])
    weight_type: str | None = Field(None, json_schema_extra=_weight_types)


@router.post(
    "/jobs",
    response=responses({200: JobOut, 201: JobOut}, 403, 404, 409, 413),
    operation_id="submit_job",
    summary=gettext_noop("Submit an import"),
    description=gettext_noop(
        "The intent is on disk when this answers 201; the worker sends it to DashScope, once. "
        "200 is the job that the same Idempotency-Key made before."
    ),
)
def submit_job(
    request: ApiRequest,
    response: HttpResponse,
    payload: SubmissionIn,
    idempotency_key: IdempotencyKey = "",
) -> Status[JobOut]:
    """A new job, or the one that the key made before."""
    workspace = _workspace(request, payload.workspace)
    made = submission.submit(
        workspace,
        payload.model_dump(include=set(content.FIELDS)),
        actor=request.actor,
        submission_key=_bound(request, "submit", idempotency_key),
        allow_duplicate=payload.allow_duplicate,
        reason=payload.reason,
    )
    return _answer(request, response, made)


@router.post(
    "/jobs/{int:job_id}/resubmit",
    response=responses({200: JobOut, 201: JobOut}, 403, 404, 409, 413),
    operation_id="resubmit_job",
    summary=gettext_noop("Correct and resubmit"),
    description=gettext_noop(
        "A new job that corrects one that was rejected, failed or not created. A job made "
        "elsewhere needs its weight type, which DashScope does not tell, and its base model."
    ),
)
def resubmit_job(
    request: ApiRequest,
    response: HttpResponse,
    job_id: int,
    payload: ResubmissionIn | None = None,
    idempotency_key: IdempotencyKey = "",
) -> Status[JobOut]:
    """A new job in place of one that came to nothing, or the one that the key made before."""
    job = visible(request, job_id)
    payload = payload or ResubmissionIn.model_validate({})
    made = submission.submit(
        job.workspace,
        _as_it_was(job) | payload.model_dump(include=set(content.FIELDS), exclude_none=True),
        actor=request.actor,
        submission_key=_bound(request, f"resubmit:{job.pk}", idempotency_key),
        allow_duplicate=payload.allow_duplicate,
        reason=payload.reason,
        resubmission_of=job,
    )
    return _answer(request, response, made)


def _workspace(request: ApiRequest, slug: str | None) -> Workspace:
    """The workspace of this name, or without one the only one in which the person may submit."""
    theirs = Workspace.objects.filter(memberships__user=request.auth.user)
    if slug is not None:
        # Compared here, because PostgreSQL refuses a NUL in a query.
        named = [workspace for workspace in theirs if workspace.slug == slug]
        if not named:
            raise UnknownWorkspace
        return named[0]
    open_to = list(workspaces_allowing(request.auth.user, Ability.SUBMIT))
    if len(open_to) > 1:
        names = ", ".join(workspace.slug for workspace in open_to)
        raise InvalidFields({"workspace": [_("Name one of these: %(names)s.") % {"names": names}]})
    # A reader has none to submit in, and hears so from the service.
    choice = open_to[0] if open_to else theirs.first()
    if choice is None:
        raise UnknownWorkspace
    return choice


def _as_it_was(job: ImportJob) -> dict[str, str]:
    """The content to correct; a base model that was only inferred is nobody's statement."""
    fields: dict[str, str] = {name: getattr(job, name) for name in content.FIELDS}
    return fields | {"base_model": ""} if job.base_model_inferred else fields


def _bound(request: ApiRequest, operation: str, key: str) -> str:
    """The key as one person's own, for one operation; "" for none."""
    return f"api:{request.auth.user_id}:{operation}:{key}" if key else ""


def _answer(request: ApiRequest, response: HttpResponse, made: Submission) -> Status[JobOut]:
    response["Location"] = f"/api/v1/jobs/{made.job.pk}"
    return Status(201 if made.created else 200, shown_alone(request, made.job.pk))
