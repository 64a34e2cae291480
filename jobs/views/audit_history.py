"""The history: every event that an auditor may read, by filters that can be sent as a link."""

from functools import lru_cache, partial
from typing import Any, NamedTuple

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from jobs.middleware import DeskRequest
from jobs.models import ReviewNote
from jobs.services import history, history_facts, history_search
from jobs.services.history_reach import Reach
from jobs.services.history_search import EventSearch
from jobs.session_store import history_head
from jobs.templatetags.clock import Clock
from jobs.views import audit_filters
from jobs.views.audit_proof import proof_of
from jobs.views.audit_reach import for_auditors
from jobs.views.audit_rows import Row, rows_of
from jobs.views.chrome import as_part_of_page, wants_fragment

PAGE_SIZE = 50
# Pages that were looked at a moment ago, some 100 KB each.
MOST_KEPT = 50


class Page(NamedTuple):
    """Some events as they are shown, and the places of the pages beside them, as EventPage says
    them."""

    rows: tuple[Row, ...]
    before: int | None
    after: int | None
    scanned_to: int | None


@require_safe
@for_auditors
def audit_history(request: DeskRequest, reach: Reach) -> HttpResponse:
    """The list, or for htmx how far the history is verified, signed and reviewed."""
    clock, head, language = Clock.of(request), history_head(request), get_language()
    facts = history_facts.facts_of(head, reach, language)
    context: dict[str, Any] = {"proof": proof_of(facts, clock, request.get_full_path())}
    if wants_fragment(request):
        return as_part_of_page(render(request, "audit/_proof.html", context))
    search, problems = history_search.read(request.GET, request.GET.getlist("verb"), clock.zone)
    before, after = _place(request, "before"), _place(request, "after")
    if before == 0 or after == 0:
        return redirect(audit_filters.address(request.path, request.GET))
    query = request.GET.urlencode()
    places = (before, after, PAGE_SIZE)
    page = page_of(head, search, reach, places, clock.of_the_day(), request.path, query, language)
    context |= audit_filters.shown(request, reach, search, problems, facts)
    context |= {
        "page": page,
        "narrows": search.narrows,
        "export_query": query,
        "everywhere": reach.everywhere,
    }
    return as_part_of_page(render(request, "audit/audit_history.html", context))


@lru_cache(MOST_KEPT)
def page_of(
    history_head: str,
    search: EventSearch,
    reach: Reach,
    places: tuple[int | None, int | None, int],
    day: Clock,
    path: str,
    query: str,
    language: str | None,
) -> Page:
    """The events found where the history ends with this hash, for a reader of `language`, which
    is what the thread speaks. `places` are where the page begins or ends, and how long it is.

    Events never change; which are found, who is named in them, how far they were reviewed and
    what was noted on them change with an event; and rows tell no ages, so that the day is all
    that they have to know of the time.
    """
    before, after, size = places
    page = history_search.page_of(search, reach, before=before, after=after, size=size)
    entries = history.entries(page.events)
    marks = history_facts.facts_of(history_head, reach, language).marks
    address = partial(audit_filters.address, path, QueryDict(query))
    rows = rows_of(entries, day, address, marks, _notes([entry.seq for entry in entries]))
    return Page(tuple(rows), page.before, page.after, page.scanned_to)


def _place(request: DeskRequest, name: str) -> int | None:
    """The number in the address, None if it has none, 0 if it is no number of an event."""
    text = request.GET.get(name, "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _notes(seqs: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for seq in ReviewNote.objects.filter(event_seq__in=seqs).values_list("event_seq", flat=True):
        found[seq] = found.get(seq, 0) + 1
    return found
