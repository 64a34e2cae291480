"""Reviews: auditors mark how far they read and write notes. Each mark and note is an event."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jobs.actors import Actor
from jobs.choices import Verb
from jobs.errors import InvalidFields
from jobs.models import AuditEvent, ImportJob, ReviewMark, ReviewNote
from jobs.services import audit, chain, content, history, history_reach
from jobs.services.history import Entry
from jobs.services.history_reach import Reach
from jobs.services.history_search import EventSearch

MOST_COUNTED = 1000


@dataclass(frozen=True)
class Standing:
    """How far the history was reviewed: the lowest mark of what somebody may read, how many
    events above the marks there are (counted no further than MOST_COUNTED), and who set the
    newest of these marks."""

    up_to: int
    unreviewed: int
    last: Entry | None


def standing(reach: Reach) -> Standing:
    """How far what is in reach was reviewed. Five queries."""
    marks = list(ReviewMark.objects.filter(workspace_id__in=reach.marked_ids()))
    unmarked = len(marks) < len(reach.marked_ids())
    newest = max((mark.marked_in for mark in marks), default=0)
    told = history.entries(AuditEvent.objects.filter(seq=newest))
    found = EventSearch(reviewed="no").events(reach).order_by()
    return Standing(
        up_to=0 if unmarked else min(mark.up_to for mark in marks),
        unreviewed=found[:MOST_COUNTED].count(),
        last=told[0] if told else None,
    )


def mark(up_to: int, *, actor: Actor) -> int:
    """Mark all that the actor may read as reviewed up to this event, and say of how many
    workspaces the mark moved. A mark never moves back.

    Raises NotPermitted, and InvalidFields for a number that no event has.
    """
    reach = history_reach.require(actor)
    if not 0 < up_to <= chain.head().seq:
        raise InvalidFields({"up_to": [_("There is no event of this number.")]})
    with audit.act(actor) as act:
        wanted = reach.marked_ids()
        old = {
            mark.workspace_id: mark.up_to
            for mark in ReviewMark.objects.select_for_update().filter(workspace_id__in=wanted)
        }
        moved = [pk for pk in wanted if old.get(pk, 0) < up_to]
        for pk in moved:
            act.record(
                Verb.HISTORY_REVIEWED,
                reach.workspaces.get(pk),
                data={"up_to": up_to, "old_up_to": old.get(pk, 0)},
            )
        for pk, event in zip(moved, act.append(), strict=True):
            ReviewMark.objects.update_or_create(
                workspace_id=pk, defaults={"up_to": up_to, "marked_in": event.seq}
            )
    return len(moved)


def note(seq: int, text: str, *, actor: Actor) -> AuditEvent:
    """Write a note on an event, for good.

    Raises NotPermitted, AuditEvent.DoesNotExist for an event that the actor may not read, and
    InvalidFields for a text that is empty or cannot be kept.
    """
    reach = history_reach.require(actor)
    event = AuditEvent.objects.get(reach.events(), seq=seq)
    try:
        text = content.check_reason(text)
    except InvalidFields as refused:
        raise InvalidFields({"note": refused.fields["reason"]}) from None
    if not text:
        raise InvalidFields({"note": [_("Write what you have to say about this event.")]})
    with audit.act(actor) as act:
        act.record(
            Verb.HISTORY_NOTED,
            ImportJob.objects.filter(pk=event.job_id).first() if event.job_id else None,
            data={"event": seq, "note": text},
            workspace_id=event.workspace_id,
        )
        noted = act.append()[0]
        ReviewNote.objects.create(event_seq=seq, noted_in=noted.seq)
    return noted


def notes_on(seqs: Iterable[int]) -> dict[int, list[Entry]]:
    """The notes on each of the events, oldest first. Three queries, or one if there are none."""
    noted = dict(
        ReviewNote.objects.filter(event_seq__in=list(seqs)).values_list("noted_in", "event_seq")
    )
    found: defaultdict[int, list[Entry]] = defaultdict(list)
    if noted:
        events = AuditEvent.objects.filter(seq__in=noted).order_by("seq")
        for entry in history.entries(events):
            found[noted[entry.seq]].append(entry)
    return found
