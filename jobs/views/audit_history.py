"""The history: every event that an auditor may read, by filters that can be sent as a link."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from jobs.middleware import DeskRequest
from jobs.models import AuditCheckpoint, ReviewMark, ReviewNote, Verification
from jobs.services import chain, chain_verification, history, history_search, reviews
from jobs.services.history_reach import Reach
from jobs.services.reviews import MOST_COUNTED, Standing
from jobs.templatetags.clock import Clock
from jobs.views import audit_filters
from jobs.views.audit_reach import for_auditors
from jobs.views.audit_rows import rows_of
from jobs.views.chrome import as_part_of_page, wants_fragment

PAGE_SIZE = 50


@dataclass(frozen=True)
class Proof:
    """How far the history is verified, signed and reviewed. `percent` is how much of the
    verification under way is done."""

    head: int
    verification: Verification | None
    percent: int
    checkpoint: AuditCheckpoint | None
    standing: Standing

    @property
    def many(self) -> bool:
        """Whether so many events are unreviewed that they were not all counted."""
        return self.standing.unreviewed >= MOST_COUNTED


@require_safe
@for_auditors
def audit_history(request: DeskRequest, reach: Reach) -> HttpResponse:
    """The list, or for htmx how far the history is verified, signed and reviewed."""
    context: dict[str, Any] = {"proof": proof_of(reach)}
    if wants_fragment(request):
        return as_part_of_page(render(request, "audit/_proof.html", context))
    clock = Clock.of(request)
    search, problems = history_search.read(request.GET, request.GET.getlist("verb"), clock.zone)
    before, after = _place(request, "before"), _place(request, "after")
    if before == 0 or after == 0:
        return redirect(audit_filters.address(request))
    page = history_search.page_of(search, reach, before=before, after=after, size=PAGE_SIZE)
    entries = history.entries(page.events)
    context |= audit_filters.bar(request, reach, search, problems)
    context |= {
        "page": page,
        "rows": rows_of(
            entries,
            clock,
            partial(audit_filters.address, request),
            dict(ReviewMark.objects.values_list("workspace_id", "up_to")),
            _notes([entry.seq for entry in entries]),
        ),
        "export_query": request.GET.urlencode(),
        "everywhere": reach.everywhere,
    }
    return as_part_of_page(render(request, "audit/audit_history.html", context))


def proof_of(reach: Reach) -> Proof:
    """How far the history is proved. Some eight queries."""
    verification = chain_verification.latest()
    up_to = verification.up_to if verification else 0
    done = verification.position + verification.exchanges_position if verification else 0
    return Proof(
        head=chain.head().seq,
        verification=verification,
        percent=min(99, done * 50 // up_to) if up_to else 0,
        checkpoint=AuditCheckpoint.objects.order_by("-seq").first(),
        standing=reviews.standing(reach),
    )


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
