"""Checking the chain: every event's text, hashes, columns, personal values and exchanges, in
order.

It reads tuples, not records, each event once, and holds a few batches at a time, so that memory
stays flat and a million events take seconds. docs/audit.md says what is checked and why.
"""

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection

from jobs.choices import Fault
from jobs.models import AuditHead
from jobs.services import chain_exchanges
from jobs.services.audit import GENESIS

# So few that PostgreSQL's answer fits what lies between two programs, and it need not wait with it.
BATCH = 250
AHEAD = 2
_SOME_EXCHANGE = chain_exchanges.SOME_EXCHANGE.encode()

# An event's text begins with what the columns repeat, so that one comparison checks them all.
_ABOUT = (
    ('{"about":{"act":"', "act_id"),
    ('","at":"', "{at}"),
    ('","job":', "coalesce(job_id{as_text}, 'null')"),
    (',"kind":"', "actor_kind"),
    ('","outcome":"', "outcome"),
    ('","seq":', "seq{as_text}"),
    (',"token":', "coalesce(token_id{as_text}, 'null')"),
    (',"user":', "coalesce(actor_user_id{as_text}, 'null')"),
    (',"v":1,"verb":"', "verb"),
    ('","workspace":', "coalesce(workspace_id{as_text}, 'null')"),
)
_ABOUT_END = "},"
# Only those whose columns agree with their text: for whoever compares the hashes, an event that
# is left out breaks the chain.
_EVENTS = """
    SELECT seq, {canonical}, {hashes} FROM jobs_auditevent
    WHERE seq > %s AND seq <= %s AND {agrees} ORDER BY seq
"""
_EVENT = "SELECT seq, {canonical}, {hashes} FROM jobs_auditevent WHERE seq = %s"
_PERSONAL = """
    SELECT event_seq, {key}, {salted} FROM jobs_auditpersonal
    WHERE event_seq > %s AND event_seq <= %s ORDER BY event_seq
"""
_OUTSIDE = """
    WITH head AS (SELECT coalesce(max(seq), 0) AS seq FROM jobs_audithead)
    SELECT (SELECT min(seq) FROM jobs_auditevent),
           (SELECT min(seq) FROM jobs_auditevent WHERE seq > (SELECT seq FROM head)),
           (SELECT min(event_seq) FROM jobs_auditpersonal
            WHERE event_seq < 1 OR event_seq > (SELECT seq FROM head))
"""


class _Dialect(NamedTuple):
    """How one database says it. SQLite gives what was stored as bytes, whatever somebody put
    there; PostgreSQL holds nothing but UTF-8, and is quickest with text."""

    raw: str
    as_text: str
    at: str


_DIALECTS = {
    "sqlite": _Dialect(
        raw="CAST({} AS BLOB)",
        as_text="",
        at=chain_exchanges.UTC_TEXT["sqlite"].format("at"),
    ),
    "postgresql": _Dialect(
        raw="{}",
        as_text="::text",
        at=chain_exchanges.UTC_TEXT["postgresql"].format("at"),
    ),
}


@dataclass(frozen=True)
class Position:
    """An event up to which the chain is good, and its hash."""

    seq: int = 0
    hash: str = GENESIS


class BadRecord(Exception):
    """The first record that is not what it was."""

    def __init__(self, seq: int, fault: Fault) -> None:
        super().__init__(f"event {seq}: {fault}")
        self.seq = seq
        self.fault = fault


def head() -> Position:
    """Where the chain ends now. One query."""
    row = AuditHead.objects.filter(pk=1).first()
    return Position(row.seq, row.hash) if row else Position()


def walk(up_to: Position, start: Position = Position()) -> Iterator[Position]:
    """Check the events after `start` up to `up_to`, yielding the position after each batch.

    Raises BadRecord at the first bad one.
    """
    position = start
    for batch in _batches(start.seq, up_to.seq):
        position = _check(batch, position)
        if position.seq == up_to.seq and position.hash != up_to.hash:
            raise BadRecord(up_to.seq, Fault.HEAD)
        yield position


def check_ends() -> None:
    """Raise BadRecord if anything stands before the first event or beyond the head of the
    chain. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTSIDE)
        first, beyond, personal = cursor.fetchone()
    if first is not None and first < 1:
        raise BadRecord(first, Fault.LINK)
    if beyond is not None:
        raise BadRecord(beyond, Fault.HEAD)
    if personal is not None:
        raise BadRecord(personal, Fault.PERSONAL)


class _Batch(NamedTuple):
    """The events up to `last`, and the personal values that stand beside them."""

    last: int
    events: list[tuple[int, bytes, bytes]]
    personal: list[tuple[int, bytes, bytes]]


def _batches(start: int, end: int) -> Iterator[_Batch]:
    """The batches after the event `start` up to the event `end`."""
    spans = ((seq, min(seq + BATCH, end)) for seq in range(start, end, BATCH))
    return _batches_ahead(spans) if connection.vendor == "postgresql" else _batches_of(spans)


def _batches_of(spans: Iterator[tuple[int, int]]) -> Iterator[_Batch]:
    sql = _statements()
    with connection.cursor() as cursor:
        for span in spans:
            events = cursor.execute(sql.events, span).fetchall()
            yield _Batch(span[1], events, cursor.execute(sql.personal, span).fetchall())


def _batches_ahead(spans: Iterator[tuple[int, int]]) -> Iterator[_Batch]:
    """PostgreSQL is asked for each batch before the one before it is checked, and puts it together
    meanwhile."""
    sql = _statements()
    connection.ensure_connection()
    raw = connection.connection

    def ask(span: tuple[int, int]) -> tuple[int, Any, Any]:
        return span[1], raw.execute(sql.events, span), raw.execute(sql.personal, span)

    with connection.wrap_database_errors, raw.pipeline():
        ahead = map(ask, spans)
        asked = deque(islice(ahead, AHEAD))
        while asked:
            last, events, personal = asked.popleft()
            asked.extend(islice(ahead, 1))
            yield _Batch(
                last,
                [(seq, text.encode(), hashes.encode()) for seq, text, hashes in events],
                [(seq, key.encode(), salted.encode()) for seq, key, salted in personal],
            )


def _check(batch: _Batch, position: Position) -> Position:
    rows, seq, previous = batch.events, position.seq, position.hash.encode()
    sha256 = hashlib.sha256
    for number, text, hashes in rows:
        link = previous + sha256(text).hexdigest().encode()
        hash_ = sha256(link).hexdigest().encode()
        if number != seq + 1 or hashes != link + hash_:
            break
        seq, previous = number, hash_
    # What stands beside the good ones comes before the first bad one.
    good = [text for _seq, text, _hashes in rows[: seq - position.seq]]
    for number, key, salted in batch.personal:
        if number > seq:
            break
        commitment = key + sha256(salted).hexdigest().encode()
        if commitment not in good[number - position.seq - 1]:
            raise BadRecord(number, Fault.PERSONAL)
    told: list[tuple[int, bytes]] = []
    if _SOME_EXCHANGE in b"".join(good):  # at once takes half as long as one by one
        told = [each for each in enumerate(good, position.seq + 1) if _SOME_EXCHANGE in each[1]]
    altered = chain_exchanges.first_altered(told) if told else None
    if altered is not None:
        raise BadRecord(altered, Fault.EXCHANGE)
    reached = Position(seq, previous.decode())
    if seq != batch.last:
        raise BadRecord(seq + 1, _fault_after(reached))
    return reached


def _fault_after(position: Position) -> Fault:
    """What is wrong with the first event that is bad, which comes after this position."""
    with connection.cursor() as cursor:
        cursor.execute(_statements().event, [position.seq + 1])
        found = cursor.fetchone()
    if not found:
        return Fault.MISSING
    text, hashes = (part.encode() if isinstance(part, str) else part for part in found[1:])
    previous, digest = position.hash.encode(), hashlib.sha256(text).hexdigest().encode()
    if hashes[:64] != previous:
        return Fault.LINK
    if hashes[64:128] != digest:
        return Fault.DIGEST
    hash_ = hashlib.sha256(previous + digest).hexdigest().encode()
    return Fault.HASH if hashes[128:] != hash_ else Fault.COLUMNS


class _Statements(NamedTuple):
    """How one database is asked for the events and the personal values of a batch, and for one
    event by its number."""

    events: str
    personal: str
    event: str


@cache
def _statements() -> _Statements:
    dialect = _DIALECTS[connection.vendor]
    raw = dialect.raw.format
    canonical, hashes = raw("canonical"), raw("previous_hash || digest || hash")
    return _Statements(
        events=_EVENTS.format(canonical=canonical, hashes=hashes, agrees=_agrees(dialect)),
        personal=_PERSONAL.format(
            key=raw("""'"' || field || '":"'"""), salted=raw("salt || value")
        ),
        event=_EVENT.format(canonical=canonical, hashes=hashes),
    )


def _agrees(dialect: _Dialect) -> str:
    """Whether the text begins with what the columns say, in this database's quickest words."""
    columns = [column.format(at=dialect.at, as_text=dialect.as_text) for _said, column in _ABOUT]
    texts = [said for said, _column in _ABOUT]
    if connection.vendor == "postgresql":
        parts = [
            part
            for said, column in zip(texts, columns, strict=True)
            for part in (f"'{said}'", column)
        ]
        # Put together with concat(), it takes a quarter longer.
        return f"starts_with(canonical, {' || '.join(parts)} || '{_ABOUT_END}')"
    # The doubled sign of percent is halved when the statement is run.
    form = "%%s".join([*texts, _ABOUT_END])
    return f"instr(canonical, printf('{form}', {', '.join(columns)})) = 1"
