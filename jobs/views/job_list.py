"""The list of import jobs: filtered by its address, paged by key, and refreshed in place."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jobs.choices import JobStatus
from jobs.errors import InvalidFields
from jobs.middleware import DeskRequest
from jobs.models import ImportJob, User
from jobs.services import content, pages, searching
from jobs.services.pages import Cursor
from jobs.services.searching import JobSearch
from jobs.templatetags.clock import Clock
from jobs.views.chrome import as_part_of_page, chrome_of, fragment, wants_fragment
from jobs.views.rows import JobRow, row_of

PAGE_SIZE = 50
MOST_COUNTED = 100
# Seconds between refreshes while something young is open, something old is, and nothing is.
YOUNG_SECONDS, OLD_SECONDS, CALM_SECONDS = 3, 15, 30
YOUNG = timedelta(minutes=15)
FILTERS = ("status", "q", "submitter", "workspace", "base_model", "since", "until")
MORE_FILTERS = ("submitter", "workspace", "base_model", "since", "until")


@dataclass(frozen=True)
class Chip:
    """A filter that is one press away; `count` is shown unless it is None."""

    status: str
    label: str
    count: str | None = None


@require_safe
def job_list(request: DeskRequest) -> HttpResponse:
    """The list, or for htmx its rows alone: 304 while they are as the reader has them."""
    clock = Clock.of(request)
    search, problems = searching.read(request.GET, clock.zone)
    try:
        text = request.GET.get("cursor", "")
        cursor = Cursor.read(text) if text else None
    except InvalidFields:
        return redirect(f"{reverse('job-list')}?{_query(request, cursor=None)}")
    found = search.jobs(request.user)
    page = pages.page_of(found.for_list(), cursor, size=PAGE_SIZE)
    rows = [row_of(job, clock) for job in page.jobs]
    at_top = page.newer is None and (cursor is None or cursor.side != pages.OLDER)
    newer = (
        pages.count_newer(found, cursor, most=MOST_COUNTED)
        if cursor and cursor.side == pages.FROM
        else 0
    )
    version = _version(rows, newer)
    top = Cursor.at(pages.FROM, page.jobs[0]) if at_top and page.jobs else cursor
    context = {
        "rows": rows,
        "page": page,
        "search": search,
        "newer_count": _capped(newer),
        "version": version,
        "refresh_url": f"{request.path}?{_query(request, cursor=top)}",
        "refresh_seconds": _refresh_seconds(page.jobs),
    }
    if wants_fragment(request):
        return fragment(request, "jobs/job_list.html#jobs", context, version)
    return as_part_of_page(
        render(request, "jobs/job_list.html", context | _filters(request, search, problems))
    )


def _filters(
    request: DeskRequest, search: JobSearch, problems: dict[str, list[str]]
) -> dict[str, Any]:
    """What the bar of filters shows beside the rows."""
    workspaces = [membership.workspace for membership in chrome_of(request).memberships]
    values = {name: request.GET.get(name, "") for name in FILTERS}
    return {
        "values": values,
        "problems": problems,
        "more_open": any(values[name] for name in MORE_FILTERS),
        "chips": [
            Chip("", _("All")),
            Chip(
                searching.NEEDS_PERSON,
                _("Needs a person"),
                _count(JobSearch(status=searching.NEEDS_PERSON), request.user),
            ),
            Chip(
                searching.OPEN,
                _("Open"),
                _count(JobSearch(status=searching.OPEN), request.user),
            ),
            Chip(JobStatus.FAILED, _("Failed")),
            Chip(JobStatus.SUCCEEDED, _("Succeeded")),
        ],
        "statuses": JobStatus.choices,
        "workspaces": workspaces,
        "people": User.objects.filter(memberships__workspace__in=workspaces)
        .distinct()
        .order_by("first_name", "username"),
        "base_models": content.SUGGESTED_BASE_MODELS,
    }


def _count(search: JobSearch, user: User) -> str:
    return _capped(search.jobs(user).order_by()[:MOST_COUNTED].count())


def _capped(count: int) -> str:
    """The count as text, which says so where counting was stopped."""
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def _version(rows: list[JobRow], newer: int) -> str:
    """A text that changes whenever the rows look different."""
    return hashlib.sha256(repr((rows, newer)).encode()).hexdigest()[:24]


def _refresh_seconds(jobs: list[ImportJob]) -> int:
    open_jobs = [job for job in jobs if job.is_open]
    if not open_jobs:
        return CALM_SECONDS
    young = any(timezone.now() - job.created_at < YOUNG for job in open_jobs)
    return YOUNG_SECONDS if young else OLD_SECONDS


def _query(request: DeskRequest, *, cursor: Cursor | None) -> str:
    """The query of this address with another cursor."""
    query = request.GET.copy()
    query.pop("cursor", None)
    if cursor:
        query["cursor"] = str(cursor)
    return query.urlencode()
