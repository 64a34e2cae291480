"""The list of import jobs: filtered by its address, paged by key, and refreshed in place."""

from datetime import timedelta
from functools import cache

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from jobs.errors import InvalidFields
from jobs.middleware import DeskRequest
from jobs.services import pages, searching
from jobs.services.list_facts import MOST_COUNTED, facts_of
from jobs.services.listed_jobs import ListedJob, Listing
from jobs.services.pages import Cursor, Order, Page
from jobs.services.searching import SHORT_TERMS_REACH
from jobs.session_store import history_head
from jobs.templatetags.clock import Clock
from jobs.views import freshness, job_filters, list_columns, saved_views, selection
from jobs.views.chrome import as_part_of_page, chrome_of, wants_fragment
from jobs.views.freshness import Version
from jobs.views.rows import Pager, RowHeads, aged, capped, timeless_rows_of

PAGE_SIZE = 50
# Seconds between refreshes while something young is open, something old is, and nothing is.
YOUNG_SECONDS, OLD_SECONDS, CALM_SECONDS = 3, 15, 30
YOUNG = timedelta(minutes=15)


@require_safe
def job_list(request: DeskRequest) -> HttpResponse:
    """The list, or for htmx its rows alone: 304 while the reader has all of them."""
    clock = Clock.of(request)
    columns = list_columns.columns_of(request)
    state, held = freshness.state_of(request, clock, columns), freshness.version_held(request)
    if wants_fragment(request) and held.state == state:
        return freshness.unchanged()
    search, problems = searching.read(request.GET, clock.zone)
    order = pages.ORDERS.get(request.GET.get("sort", ""), pages.NEWEST)
    try:
        cursor = _cursor(request, "cursor", order)
    except InvalidFields:
        return redirect(job_filters.address(request))
    memberships = chrome_of(request).memberships
    head = history_head(request)
    found = Listing.of(search, memberships, history_head=head)
    page = found.page(cursor, size=PAGE_SIZE, order=order, shape=ListedJob)
    top = _top(request, found, page, cursor, order)
    newer = found.count_before(top, most=MOST_COUNTED) if "top" in request.GET and top else 0
    timeless = timeless_rows_of(page.jobs, memberships, clock)
    version = Version(state, freshness.content_of(timeless, newer))
    heads = _heads(request, columns, order)
    context = {
        "rows": aged(timeless, page.jobs, clock),
        "search": search,
        "reach": f"{SHORT_TERMS_REACH:,}" if found.leaves_old_jobs_out else "",
        "is_member": bool(memberships),
        "columns": columns,
        "heads": heads,
        "order": order.name,
        "pager": Pager(
            heads.order_word,
            clock.zone_text(),
            request.get_full_path(),
            _beside(request, page.previous, top),
            _beside(request, page.next, top),
        ),
        "newer_count": newer and capped(newer),
        "first_page_url": job_filters.address(request),
        "version": version,
        "refresh_url": _refresh_url(request, page, cursor, order, top),
        "refresh_target": "#jobs",
        "refresh_seconds": _refresh_seconds(page.jobs),
    }
    if wants_fragment(request):
        if held.content == version.content:
            return freshness.later(request, context)
        return as_part_of_page(render(request, "jobs/job_list.html#jobs", context))
    facts = facts_of(head, tuple(each.workspace_id for each in memberships))
    context |= job_filters.shown(request, search, problems, order, facts)
    context |= saved_views.offered(request, facts.views)
    context |= {
        "selection_url": _address_of("selection"),
        "may_export": bool(timeless),
        "export_query": job_filters.address(request, sort=None).partition("?")[2],
        "may_act": selection.may_act(request),
        "column_choices": list_columns.choices(columns),
    }
    return as_part_of_page(render(request, "jobs/job_list.html", context))


@cache
def _address_of(name: str) -> str:
    return reverse(name)


def _beside(request: DeskRequest, cursor: Cursor | None, top: Cursor | None) -> str:
    """The address of the page at the cursor, for a reader who came at `top`."""
    if cursor is None:
        return ""
    return job_filters.address(request, cursor=str(cursor), top=str(top) if top else None)


def _cursor(request: DeskRequest, name: str, order: Order) -> Cursor | None:
    text = request.GET.get(name, "")
    return Cursor.read(text, order) if text else None


def _top(
    request: DeskRequest,
    found: Listing,
    page: Page[ListedJob],
    cursor: Cursor | None,
    order: Order,
) -> Cursor | None:
    """The newest job when the reader came to the list: what is newer than it is new to them."""
    try:
        if top := _cursor(request, "top", pages.NEWEST):
            return top
    except InvalidFields:
        pass  # nobody can tell any more when the reader came: they come now
    if order is pages.NEWEST and page.previous is None:
        return Cursor.at(pages.FROM, page.jobs[0]) if page.jobs else None
    return found.newest() if cursor or page.jobs else None


def _refresh_url(
    request: DeskRequest,
    page: Page[ListedJob],
    cursor: Cursor | None,
    order: Order,
    top: Cursor | None,
) -> str:
    """This page as it is, whatever arrives above it."""
    at_top = page.previous is None and (cursor is None or cursor.side != pages.AFTER)
    if order is pages.NEWEST and at_top and page.jobs:
        cursor = Cursor.at(pages.FROM, page.jobs[0])
    query = request.GET.copy()
    for name, place in (("cursor", cursor), ("top", top)):
        query.pop(name, None)
        if place:
            query[name] = str(place)
    return f"{request.path}?{query.urlencode()}"


def _heads(request: DeskRequest, columns: tuple[str, ...], order: Order) -> RowHeads:
    return RowHeads(
        columns,
        order.name,
        str(job_filters.ORDERS[order.name]),
        by_status=job_filters.address(request, sort=pages.BY_STATUS.name),
        by_age=job_filters.address(
            request, sort=pages.OLDEST.name if order is pages.NEWEST else None
        ),
    )


def _refresh_seconds(jobs: list[ListedJob]) -> int:
    open_jobs = [job for job in jobs if job.is_open]
    if not open_jobs:
        return CALM_SECONDS
    young = any(timezone.now() - job.created_at < YOUNG for job in open_jobs)
    return YOUNG_SECONDS if young else OLD_SECONDS
