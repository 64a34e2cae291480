"""A job as the API shows it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Self

from django.utils.translation import get_language, gettext_noop
from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema

from jobs.choices import AttemptState, JobStatus, Origin, WeightType
from jobs.models import Attempt, ImportJob, Workspace
from jobs.services.explaining import explanation_of_words


class JobValues(NamedTuple):
    """All of a job that is shown, beside its workspace and its candidates."""

    pk: int
    workspace_id: int
    status: str
    remote_status: str
    base_model: str
    display_name: str
    weight_type: str
    bucket_name: str
    object_key: str
    remote_job_id: str
    generated_model_name: str
    error_call: str
    error_code: str
    error_message: str
    request_id: str
    origin: str
    resubmission_of_id: int | None
    created_at: datetime
    updated_at: datetime
    gmt_create: str
    deleted_at: datetime | None
    submitted_by__username: str | None  # the last: of a record it is no attribute

    @classmethod
    def of(cls, job: ImportJob) -> Self:
        """What a list would read of the job. A query more unless who submitted it was read too."""
        values: dict[str, Any] = {name: getattr(job, name) for name in cls._fields[:-1]}
        submitter = job.submitted_by.username if job.submitted_by else None
        return cls(submitted_by__username=submitter, **values)


# A text of a job is 1 to 2 KB with what it was made from.
MOST_REMEMBERED = 2000

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


def shown(job: ImportJob) -> JobOut:
    """The job, as it was read with its workspace and who submitted it. A query more where it is
    unconfirmed."""
    values = JobValues.of(job)
    candidates = _candidates([values]).get(job.pk, [])
    return _shown(values, job.workspace.slug, job.workspace.host, candidates)


def texts(jobs: Sequence[JobValues], workspaces: Mapping[int, Workspace]) -> list[str]:
    """The jobs as JSON; `workspaces` are theirs, by number. One query where one of them is
    unconfirmed, and none elsewhere.

    Each is written once: its text hangs on the values and the reader's language alone, so that it
    is never out of date. One with candidates, which are few, is written anew.
    """
    candidates, language = _candidates(jobs), get_language() or "en"
    found = []
    for job in jobs:
        workspace = workspaces[job.workspace_id]
        if job.pk in candidates:
            out = _shown(job, workspace.slug, workspace.host, candidates[job.pk])
            found.append(_written(out))
        else:
            found.append(_text(job, workspace.slug, workspace.host, language))
    return found


@lru_cache(MOST_REMEMBERED)
def _text(job: JobValues, slug: str, host: str, language: str) -> str:
    # In `language`, which is what the thread speaks.
    return _written(_shown(job, slug, host, []))


def _written(job: JobOut) -> str:
    return json.dumps(job.model_dump())


def _candidates(jobs: Sequence[JobValues]) -> dict[int, list[dict[str, str]]]:
    """Those of each job that has some."""
    unconfirmed = [job.pk for job in jobs if job.status == JobStatus.UNCONFIRMED]
    if not unconfirmed:
        return {}
    conflicts = Attempt.objects.filter(job__in=unconfirmed, state=AttemptState.CONFLICT)
    return dict(conflicts.values_list("job", "candidates"))


def _shown(job: JobValues, slug: str, host: str, candidates: Iterable[dict[str, str]]) -> JobOut:
    return JobOut(
        id=job.pk,
        workspace=slug,
        status=JobStatus(job.status),
        remote_status=job.remote_status or None,
        base_model=job.base_model,
        display_name=job.display_name,
        weight_type=WeightType(job.weight_type) if job.weight_type else None,
        bucket_name=job.bucket_name,
        object_key=job.object_key,
        job_id=job.remote_job_id or None,
        model_name=job.generated_model_name or None,
        error=_error(job, host),
        request_id=job.request_id or None,
        submitted_by=job.submitted_by__username,
        origin=Origin(job.origin),
        resubmission_of=job.resubmission_of_id,
        candidates=[CandidateOut(**candidate) for candidate in candidates],
        created_at=job.created_at,
        updated_at=job.updated_at,
        gmt_create=job.gmt_create or None,
        deleted_at=job.deleted_at,
    )


def _error(job: JobValues, host: str) -> ErrorOut | None:
    if not (job.error_code or job.error_message):
        return None
    explanation = explanation_of_words(job.error_call, job.error_code, job.error_message, host)
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
