"""Exporting the history: who begins an export, and the events as CSV and as lines of JSON.

An export is an event itself. It is read in batches by number, so that memory stays flat, and
ends where the history ended when it was begun.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import translation

from jobs.actors import Actor
from jobs.choices import Verb
from jobs.models import AuditEvent
from jobs.services import audit, chain, history, history_reach
from jobs.services.audit import canonical_text, utc_text
from jobs.services.history import Entry
from jobs.services.history_reach import Reach
from jobs.services.history_search import EventSearch

WINDOW = 1000  # so many numbers a query, however few of them are found
COLUMNS = (
    "seq",
    "at",
    "verb",
    "outcome",
    "sentence",
    "actor",
    "actor_kind",
    "token_id",
    "address",
    "user_agent",
    "workspace",
    "job",
    "subject",
    "act",
    "data",
    "hash",
)
# A table program takes a cell that begins so for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Export:
    """What is exported: what the search finds within the reach, up to event `last`."""

    search: EventSearch
    reach: Reach
    last: int

    def bounds(self) -> tuple[int, int]:
        """The first and the last number of the stretch that is exported; nothing is exported
        if the first is the greater one."""
        first, last = self.search.bounds(self.last)
        return min(first, last + 1), last

    def windows(self) -> Iterator[tuple[int, int]]:
        """The stretches of numbers in which the events are found, in order, each (after, to)."""
        first, last = self.bounds()
        for after in range(first - 1, last, WINDOW):
            yield after, min(after + WINDOW, last)

    def workspace_names(self) -> list[str]:
        """The workspaces whose events are shown, if any is found."""
        chosen = self.search.workspace
        found = self.reach.workspaces.values()
        return sorted(w.name for w in found if not chosen or w.slug == chosen)


def begin(search: EventSearch, *, form: str, actor: Actor) -> Export:
    """Write down that the actor exports these events, and what that is. Raises NotPermitted."""
    reach = history_reach.require(actor)
    export = Export(search, reach, chain.head().seq)
    chosen = [w.pk for w in reach.workspaces.values() if w.slug == search.workspace]
    with audit.act(actor) as act:
        act.record(
            Verb.HISTORY_EXPORTED,
            data={"form": form, "filters": search.query(), "up_to": export.last},
            workspace_id=chosen[0] if chosen else None,
        )
    return export


def csv_rows(export: Export, language: str) -> Iterator[bytes]:
    """The events as CSV with sentences in the language, a batch at a time.

    The last row says how many there were and the SHA-256 of all before it, so that a file that
    was cut off is known as such.
    """
    digest, count = hashlib.sha256(), 0
    text = io.StringIO()
    table = csv.writer(text)
    # Without a byte order mark, spreadsheets take UTF-8 for something else.
    text.write("\ufeff")
    table.writerow(COLUMNS)
    for entries in _batches(export, language):
        table.writerows(
            [safe_cell(value) for value in row_of(entry, export.reach).values()]
            for entry in entries
        )
        count += len(entries)
        yield _taken(text, digest)
    yield _taken(text, digest)
    table.writerow(["end", count, digest.hexdigest()])
    yield _taken(text, digest)


def json_lines(export: Export, language: str) -> Iterator[bytes]:
    """The events as lines of JSON, and a last line with their count and SHA-256, as in CSV."""
    digest, count = hashlib.sha256(), 0
    text = io.StringIO()
    for entries in _batches(export, language):
        for entry in entries:
            row = row_of(entry, export.reach) | {"data": entry.content["data"]}
            text.write(f"{canonical_text(row)}\n")
        count += len(entries)
        yield _taken(text, digest)
    text.write(f"{canonical_text({'end': True, 'count': count, 'sha256': digest.hexdigest()})}\n")
    yield _taken(text, digest)


def safe_cell(value: Any) -> Any:
    """The value as a cell that no table program takes for a formula."""
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def row_of(entry: Entry, reach: Reach) -> dict[str, Any]:
    """An event as flat values, under the names of COLUMNS."""
    event = entry.event
    workspace = reach.workspaces.get(event.workspace_id or 0)
    values = (
        entry.seq,
        utc_text(entry.at),
        entry.verb,
        event.outcome,
        entry.sentence,
        entry.actor,
        event.actor_kind,
        event.token_id,
        entry.address,
        entry.personal.get("user_agent", ""),
        workspace.slug if workspace else "",
        event.job_id,
        entry.subject,
        event.act_id,
        canonical_text(entry.content["data"]),
        event.hash,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _batches(export: Export, language: str) -> Iterator[list[Entry]]:
    found = AuditEvent.objects.filter(export.search.condition(export.reach)).order_by("seq")
    for after, to in export.windows():
        events: QuerySet[AuditEvent] = found.filter(seq__gt=after, seq__lte=to)
        with translation.override(language):
            if entries := history.entries(events):
                yield entries


def _taken(text: io.StringIO, digest: Any) -> bytes:
    taken = text.getvalue().encode()
    digest.update(taken)
    text.seek(0)
    text.truncate()
    return taken
