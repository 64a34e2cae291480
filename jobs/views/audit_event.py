"""One event: everything it says, what was sent and received, and what holds it in place."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.forms.audit_note import NoteForm
from jobs.middleware import DeskRequest
from jobs.models import AuditEvent, Exchange, ImportJob, ReviewMark
from jobs.services import history, reviews
from jobs.services.audit import chain_hash, digest_of
from jobs.services.chain_exchanges import is_as_said
from jobs.services.history import Entry
from jobs.services.history_reach import Reach
from jobs.views.audit_reach import for_auditors
from jobs.views.audit_rows import outcome_of
from jobs.views.chrome import as_part_of_page

# Events of one act stand close together; further ones are a link away.
NEIGHBOURS = 50
MOST_SHOWN_OF_ACT = 20


@dataclass(frozen=True)
class Kept:
    """An exchange that the event tells of, and whether it is as the event says."""

    exchange: Exchange
    sound: bool


@require_safe
@for_auditors
def audit_event(request: DeskRequest, reach: Reach, seq: int) -> HttpResponse:
    """The page of one event."""
    return event_page(request, reach, seq, NoteForm())


def event_page(
    request: DeskRequest, reach: Reach, seq: int, form: NoteForm, status: int = 200
) -> HttpResponse:
    """The event with a form for a note. Some twelve queries. 404 for what one may not read."""
    readable = AuditEvent.objects.filter(reach.events())
    event = readable.filter(seq=seq).first()
    if event is None:
        raise Http404
    entry = history.entries([event])[0]
    near = readable.filter(seq__gte=seq - NEIGHBOURS, seq__lte=seq + NEIGHBOURS)
    same_act = near.filter(act_id=event.act_id).exclude(seq=seq).order_by("seq")
    mark = ReviewMark.objects.filter(workspace_id=event.workspace_id or ReviewMark.NO_WORKSPACE)
    outcome, look = outcome_of(entry)
    seqs = readable.values_list("seq", flat=True)
    context: dict[str, Any] = {
        "entry": entry,
        "event": event,
        "outcome": outcome,
        "look": look,
        "job": ImportJob.objects.filter(pk=event.job_id).first() if event.job_id else None,
        "workspace": reach.workspaces.get(event.workspace_id or 0),
        "kept": _kept(entry),
        "same_act": history.entries(same_act[:MOST_SHOWN_OF_ACT]),
        "notes": reviews.notes_on([seq])[seq],
        "form": form,
        "reviewed": mark.filter(up_to__gte=seq).exists(),
        "sound": digest_of(event.canonical) == event.digest
        and chain_hash(event.previous_hash, event.digest) == event.hash,
        "older": seqs.filter(seq__lt=seq).order_by("-seq").first(),
        "newer": seqs.filter(seq__gt=seq).order_by("seq").first(),
    }
    return as_part_of_page(render(request, "audit/audit_event.html", context, status=status))


def _kept(entry: Entry) -> list[Kept]:
    told = entry.content["exchanges"]
    found = Exchange.objects.in_bulk([said["id"] for said in told]) if told else {}
    return [
        Kept(found[said["id"]], is_as_said(found[said["id"]], said))
        for said in told
        if said["id"] in found
    ]
