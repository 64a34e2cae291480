"""A job as the API shows it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

from django.db.models import F
from django.utils.translation import get_language, gettext_noop
from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema

from jobs.choices import AttemptState, JobStatus, Origin, WeightType
from jobs.models import Attempt, ImportJob
from jobs.models.import_jobs import ImportJobQuerySet
from jobs.services.explaining import explanation_of

Time = Annotated[
    datetime,
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class ErrorOut(BaseModel):
    """What went wrong, as it came and as it is explained."""

    code: str = Field(description=gettext_noop("DashScope's code, or our own word."))
    message: str = Field(description=gettext_noop("The text as it came, in its language."))
    cause: str = Field(description=gettext_noop("What it means, in the reader's language."))
    fix: str = Field(description=gettext_noop("What to do, in the reader's language."))
    retry_safe: bool | None = Field(
        description=gettext_noop(
            "Whether the same content may be submitted again with hope; null if not known."
        )
    )


class CandidateOut(BaseModel):
    """A job at DashScope that an unanswered submission may have made."""

    job_id: str
    model_name: str
    display_name: str
    bucket_name: str
    object_key: str
    status: str
    gmt_create: str


class JobOut(BaseModel):
    """An import job."""

    id: int
    workspace: str = Field(description=gettext_noop("The workspace's short name."))
    status: JobStatus
    remote_status: str | None = Field(
        description=gettext_noop("DashScope's own word, also where `status` is other.")
    )
    base_model: str
    display_name: str
    weight_type: WeightType | None = Field(
        description=gettext_noop("null for a job made elsewhere: DashScope does not tell.")
    )
    bucket_name: str
    object_key: str
    job_id: str | None = Field(description=gettext_noop("DashScope's id of the job."))
    model_name: str | None = Field(
        description=gettext_noop("The id that DashScope generated; what is deployed.")
    )
    error: ErrorOut | None
    request_id: str | None = Field(description=gettext_noop("DashScope's, for its support."))
    submitted_by: str | None = Field(description=gettext_noop("A username."))
    origin: Origin
    resubmission_of: int | None
    candidates: list[CandidateOut] = Field(
        description=gettext_noop("Which jobs a person has to choose from, in a conflict.")
    )
    created_at: Time
    updated_at: Time
    gmt_create: str | None = Field(description=gettext_noop("As DashScope wrote it."))
    deleted_at: Time | None = Field(
        description=gettext_noop("When the model was deleted at DashScope.")
    )


def with_submitter(found: ImportJobQuerySet) -> ImportJobQuerySet:
    """The jobs with the names of who submitted them, as `shown` wants them."""
    return found.annotate(submitter=F("submitted_by__username"))


def shown(jobs: Sequence[ImportJob]) -> list[JobOut]:
    """Jobs that `with_submitter` read, with their workspaces. A query more where one of them is
    unconfirmed."""
    unconfirmed = [job.pk for job in jobs if job.status == JobStatus.UNCONFIRMED]
    conflicts = Attempt.objects.filter(job__in=unconfirmed, state=AttemptState.CONFLICT)
    candidates = dict(conflicts.values_list("job", "candidates")) if unconfirmed else {}
    return [_shown(job, candidates.get(job.pk, [])) for job in jobs]


def _shown(job: ImportJob, candidates: Iterable[dict[str, str]]) -> JobOut:
    return JobOut(
        id=job.pk,
        workspace=job.workspace.slug,
        status=JobStatus(job.status),
        remote_status=job.remote_status or None,
        base_model=job.base_model,
        display_name=job.display_name,
        weight_type=WeightType(job.weight_type) if job.weight_type else None,
        bucket_name=job.bucket_name,
        object_key=job.object_key,
        job_id=job.remote_job_id or None,
        model_name=job.generated_model_name or None,
        error=_error(job),
        request_id=job.request_id or None,
        submitted_by=job.submitter,  # type: ignore[attr-defined]
        origin=Origin(job.origin),
        resubmission_of=job.resubmission_of_id,
        candidates=[CandidateOut(**candidate) for candidate in candidates],
        created_at=job.created_at,
        updated_at=job.updated_at,
        gmt_create=job.gmt_create or None,
        deleted_at=job.deleted_at,
    )


def _error(job: ImportJob) -> ErrorOut | None:
    explanation = explanation_of(job)
    if explanation is None:
        return None
    language = get_language() or "en"
    words: dict[str, Any] = {
        name: getattr(explanation, name).in_language(language) for name in ("cause", "fix")
    }
    return ErrorOut(
        code=job.error_code,
        message=job.error_message,
        retry_safe=explanation.retry_safe,
        **words,
    )
