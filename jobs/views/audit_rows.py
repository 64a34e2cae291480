"""Events as rows of a page, with everything in them worked out: templates are slow at that."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from django.urls import reverse

from jobs.choices import ActorKind, EventOutcome, Verb
from jobs.services.history import Entry
from jobs.templatetags.clock import Clock
from jobs.templatetags.desk import initials
from jobs.templatetags.looks import Look
from jobs.views.rows import job_url

LOOK_OF_OUTCOME = {
    EventOutcome.SUCCEEDED: Look("ok", "check"),
    EventOutcome.FAILED: Look("bad", "cross"),
    EventOutcome.REFUSED: Look("bad", "ban"),
    EventOutcome.UNKNOWN: Look("warn", "question"),
}
MOST_DETAILS = 4
LONGEST_DETAIL = 120

# The address of the list with filters changed.
Address = Callable[..., str]


class Row(NamedTuple):
    """One event as the list shows it; every text is ready to be shown, none is escaped yet."""

    seq: int
    url: str
    sentence: str
    when: str
    exact: str
    iso: str
    who: str
    initials: str
    token: str
    person_url: str
    token_url: str
    address: str
    address_url: str
    job: int | None
    job_url: str
    details: tuple[tuple[str, str], ...]
    outcome: str
    look: Look | None
    fresh: bool
    notes: int


def rows_of(
    entries: list[Entry],
    clock: Clock,
    address: Address,
    marks: dict[int, int],
    notes: dict[int, int],
) -> list[Row]:
    """The rows; `marks` says up to which event each workspace was reviewed, `notes` how many
    notes an event has."""
    root = reverse("audit-history")
    address = cache(address)  # fifty events are of few people
    return [
        _row(entry, clock, address, f"{root}events/{entry.seq}/", marks, notes) for entry in entries
    ]


def outcome_of(entry: Entry) -> tuple[str, Look | None]:
    """The word for how it came out, and its look; none where nothing came out."""
    if not entry.event.outcome:
        return "", None
    outcome = EventOutcome(entry.event.outcome)
    return str(outcome.label), LOOK_OF_OUTCOME[outcome]


def _row(
    entry: Entry,
    clock: Clock,
    address: Address,
    url: str,
    marks: dict[int, int],
    notes: dict[int, int],
) -> Row:
    event = entry.event
    outcome, look = outcome_of(entry)
    is_person = event.actor_kind in (ActorKind.PERSON, ActorKind.TOKEN)
    who = entry.personal.get("actor", "") if is_person else entry.actor
    return Row(
        seq=entry.seq,
        url=url,
        sentence=entry.sentence,
        when=clock.to_the_second(entry.at),
        exact=clock.exact(entry.at),
        iso=entry.at.isoformat(timespec="microseconds"),
        who=who or entry.actor,
        initials=initials(who) if is_person else "",
        token=entry.personal.get("token", ""),
        person_url=address(person=str(event.actor_user_id)) if event.actor_user_id else "",
        token_url=address(token=str(event.token_id)) if event.token_id else "",
        address=entry.address,
        address_url=address(q=entry.address) if entry.address else "",
        job=event.job_id,
        job_url=job_url(event.job_id) if event.job_id else "",
        details=tuple((label, _short(value)) for label, value in _details(entry)[:MOST_DETAILS]),
        outcome=outcome,
        look=look,
        fresh=entry.seq > marks.get(event.workspace_id or 0, 0),
        notes=notes.get(entry.seq, 0),
    )


def _details(entry: Entry) -> list[tuple[str, str]]:
    """What changed comes first, unless the sentence says it, then what the event's data says."""
    if entry.verb == Verb.JOB_STATUS_CHANGED:
        return entry.details
    changed = [(name, f"{old or '–'} → {new or '–'}") for name, old, new in entry.differences]
    return changed + entry.details


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_DETAIL else f"{text[:LONGEST_DETAIL]}…"
