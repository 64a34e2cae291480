"""Reading jobs: the list, page by page, and one job."""

import json
from datetime import UTC

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop
from ninja import Field, Query, Router, Schema
from pydantic import BaseModel

from jobs.api.bearer import ApiRequest
from jobs.api.envelope import responses
from jobs.api.job_shape import JobOut, JobValues, shown, texts
from jobs.api.queries import refuse_unknown
from jobs.choices import JobStatus, WeightType
from jobs.errors import InvalidFields
from jobs.models import ImportJob
from jobs.services import members, pages, searching
from jobs.services.listed_jobs import Listing

# One for all that is done to jobs: Ninja tells the methods of an address apart within a router.
router = Router(tags=["jobs"])


class JobQuery(Schema):
    """Each empty one leaves the list as wide as it is."""

    status: str = Field(
        "",
        description=gettext_noop(
            "A status word, or `open`, or `needs_person`, or `unsuccessful` for all that came to "
            "nothing."
        ),
        json_schema_extra={"enum": ["", *searching.GROUPS, *JobStatus.values]},
    )
    submitter: str = Field("", description=gettext_noop("A username."))
    workspace: str = Field("", description=gettext_noop("A workspace's short name."))
    base_model: str = Field("", description=gettext_noop("The whole name."))
    weight_type: str = Field(
        "",
        description=gettext_noop("Jobs made elsewhere have none, and are not found by it."),
        json_schema_extra={"enum": ["", *WeightType.values]},
    )
    q: str = Field(
        "",
        description=gettext_noop(
            "Words, all of which a job's texts hold. If all have one or two letters, the newest "
            "20,000 jobs of a workspace are looked at."
        ),
    )
    since: str = Field(
        "", description=gettext_noop("A day (UTC), or a time as ISO 8601 with offset; included.")
    )
    until: str = Field(
        "",
        description=gettext_noop("A day, included whole, or a time, not included; like since."),
    )
    ended_since: str = Field(
        "", description=gettext_noop("The same as since, but of the job's end.")
    )
    cursor: str = Field("", description=gettext_noop("The `next` of the page before."))
    limit: int = Field(50, ge=1, le=100, description=gettext_noop("Jobs on a page."))


class JobPage(BaseModel):
    """Some jobs, newest first. Jobs that arrive meanwhile make none skipped or repeated."""

    items: list[JobOut]
    next: str | None = Field(description=gettext_noop("The next page's cursor, or null."))


@router.get(
    "/jobs",
    response=responses({200: JobPage}),
    operation_id="list_jobs",
    summary=gettext_noop("List jobs"),
    description=gettext_noop(
        "The jobs of all your workspaces, newest first, also those made elsewhere with the same "
        "key. Follow `next` until it is null."
    ),
)
def list_jobs(request: ApiRequest, query: Query[JobQuery]) -> HttpResponse:
    """One page of the jobs that the person may see. Five queries, however many jobs there are."""
    refuse_unknown(request, JobQuery)
    search, problems = searching.read(query.model_dump(exclude={"cursor", "limit"}), UTC)
    if problems:
        raise InvalidFields(problems)
    cursor = pages.Cursor.read(query.cursor) if query.cursor else None
    memberships = members.memberships_of(request.auth.user.pk)
    seen_in = search.workspaces_of(memberships)
    listing = Listing(search, seen_in, search.within(seen_in))
    page = listing.page(cursor, size=query.limit, order=pages.NEWEST, shape=JobValues)
    workspaces = {membership.workspace_id: membership.workspace for membership in memberships}
    items = ", ".join(texts(page.jobs, workspaces))
    # A JobPage, put together from texts.
    body = f'{{"items": [{items}], "next": {json.dumps(page.next and str(page.next))}}}'
    return HttpResponse(body, content_type="application/json; charset=utf-8")


@router.get(
    "/jobs/{int:job_id}",
    response=responses({200: JobOut}, 404),
    operation_id="get_job",
    summary=gettext_noop("Show a job"),
    description=gettext_noop("One job as it stands now. The worker keeps it up to date."),
)
def get_job(request: ApiRequest, job_id: int) -> JobOut:
    """The job, or 404 for one that the person may not see."""
    return shown_alone(request, job_id)


def shown_alone(request: ApiRequest, job_id: int) -> JobOut:
    """One job as it stands. Raises Http404 for one that the person may not see."""
    return shown(visible(request, job_id))


def visible(request: ApiRequest, job_id: int) -> ImportJob:
    """The job with all that is shown of it. Raises Http404 for a stranger's."""
    jobs = ImportJob.objects.visible_to(request.auth.user)
    jobs = jobs.select_related("workspace", "submitted_by")
    return get_object_or_404(jobs, pk=job_id)
