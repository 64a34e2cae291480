"""Acts on one job: deleting it at DashScope, and settling a conflict by hand."""

from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Field, Query, Schema
from ninja.responses import Status
from pydantic import ConfigDict
from pydantic.json_schema import SkipJsonSchema

from jobs.api.bearer import ApiRequest
from jobs.api.envelope import responses
from jobs.api.job_shape import JobOut
from jobs.api.jobs import router, shown_alone, visible
from jobs.api.queries import refuse_unknown
from jobs.errors import InvalidFields
from jobs.services import removal, settling


class DeletionQuery(Schema):
    """Why, for the history."""

    reason: str = Field("", description=gettext_noop("Why; kept in the history."))


class ResolutionIn(Schema):
    """Either a candidate, or that it is none of them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"oneOf": [{"required": ["job_id"]}, {"required": ["dismiss"]}]},
    )

    job_id: str | SkipJsonSchema[None] = Field(
        None,
        description=gettext_noop("The candidate that this job is."),
        examples=["937b1c02-2a4f-4d11-8abe-c2fa31"],
    )
    dismiss: Literal[True] | SkipJsonSchema[None] = Field(
        None, description=gettext_noop("None of the candidates is this job.")
    )
    reason: str = Field("", description=gettext_noop("How you know; kept in the history."))


@router.delete(
    "/jobs/{int:job_id}",
    response=responses({202: JobOut}, 403, 404, 409),
    operation_id="delete_job",
    summary=gettext_noop("Delete the model at DashScope"),
    description=gettext_noop(
        "Notes the wish, for a job that succeeded or failed; the worker asks DashScope. This "
        "cannot be undone. The record here stays, and `deleted_at` says when it was done."
    ),
)
def delete_job(request: ApiRequest, job_id: int, query: Query[DeletionQuery]) -> Status[JobOut]:
    """The job as it stands before the worker asks DashScope."""
    refuse_unknown(request, DeletionQuery)
    job = visible(request, job_id)
    removal.request(job, reason=query.reason, actor=request.actor)
    return Status(202, shown_alone(request, job_id))


@router.post(
    "/jobs/{int:job_id}/resolve",
    response=responses({200: JobOut}, 403, 404, 409, 413),
    operation_id="resolve_job",
    summary=gettext_noop("Settle a conflict"),
    description=gettext_noop(
        "Says which of the job's `candidates` an unanswered submission made, or that it made "
        "none of them and may be submitted again."
    ),
)
def resolve_job(request: ApiRequest, job_id: int, payload: ResolutionIn) -> JobOut:
    """The job as the answer leaves it."""
    if (payload.job_id is None) is (payload.dismiss is None):
        raise InvalidFields({"job_id": [_("Send either job_id or dismiss.")]})
    job = visible(request, job_id)
    settling.resolve(
        job,
        remote_job_id=payload.job_id,
        reason=payload.reason,
        actor=request.actor,
    )
    return shown_alone(request, job_id)
