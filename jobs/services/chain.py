"""Checking the chain: every event's text, hashes, columns and personal values, in order.

It reads tuples, not records, and holds one batch at a time, so that memory stays flat and a
million events take seconds. docs/audit.md says what is checked and why.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from jobs.choices import Fault
from jobs.models import AuditHead
from jobs.services.audit import GENESIS

BATCH = 1000

# An event's text begins with what the columns repeat, so that one comparison checks them all.
# The doubled signs of percent are halved when the statement is run.
_ABOUT = (
    '{"about":{"act":"%%s","at":"%%s","job":%%s,"kind":"%%s","outcome":"%%s","seq":%%s,'
    '"token":%%s,"user":%%s,"v":1,"verb":"%%s","workspace":%%s},'
)
_COLUMNS = """
    act_id, {at}, coalesce(job_id{as_text}, 'null'), actor_kind, outcome, seq,
    coalesce(token_id{as_text}, 'null'), coalesce(actor_user_id{as_text}, 'null'), verb,
    coalesce(workspace_id{as_text}, 'null')
"""
# Everything that was stored is fetched as bytes: whatever somebody put there, it can be read.
_EVENTS = """
    SELECT seq, {canonical}, {agrees}, {hashes}
    FROM jobs_auditevent WHERE seq > %s AND seq <= %s ORDER BY seq
"""
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
    as_bytes: str
    as_text: str
    at: str
    agrees: str


_DIALECTS = {
    "sqlite": _Dialect(
        as_bytes="CAST({} AS BLOB)",
        as_text="",
        at="replace(at, ' ', 'T') || CASE length(at) WHEN 19 THEN '.000000Z' ELSE 'Z' END",
        agrees="instr(canonical, printf('{about}', {columns})) = 1",
    ),
    "postgresql": _Dialect(
        as_bytes="convert_to({}, 'UTF8')",
        as_text="::text",
        at="""to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
        agrees="starts_with(canonical, format('{about}', {columns}))",
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
    with connection.cursor() as cursor:
        while position.seq < up_to.seq:
            position = _check_batch(cursor, position, min(position.seq + BATCH, up_to.seq))
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


def _check_batch(cursor: Any, position: Position, last: int) -> Position:
    events_sql, personal_sql = _statements()
    cursor.execute(events_sql, [position.seq, last])
    rows = cursor.fetchall()
    cursor.execute(personal_sql, [position.seq, last])
    values = iter(cursor.fetchall())
    value = next(values, None)
    sha256 = hashlib.sha256
    seq, previous = position.seq, position.hash.encode()
    for number, text, agrees, hashes in rows:
        seq += 1
        link = previous + sha256(text).hexdigest().encode()
        previous = sha256(link).hexdigest().encode()
        if number != seq or hashes != link + previous or not agrees:
            raise BadRecord(seq, _fault(seq, number, hashes, link, previous))
        while value and value[0] <= seq:
            if value[1] + sha256(value[2]).hexdigest().encode() not in text:
                raise BadRecord(value[0], Fault.PERSONAL)
            value = next(values, None)
    if seq != last:
        raise BadRecord(seq + 1, Fault.MISSING)
    return Position(seq, previous.decode())


def _fault(seq: int, number: int, hashes: bytes, link: bytes, hash_: bytes) -> Fault:
    if number != seq:
        return Fault.MISSING
    if hashes[:64] != link[:64]:
        return Fault.LINK
    if hashes[64:128] != link[64:]:
        return Fault.DIGEST
    return Fault.HASH if hashes[128:] != hash_ else Fault.COLUMNS


@cache
def _statements() -> tuple[str, str]:
    """How this database is asked for the events and the personal values of a batch."""
    dialect = _DIALECTS[connection.vendor]
    in_bytes = dialect.as_bytes.format
    columns = _COLUMNS.format(at=dialect.at, as_text=dialect.as_text)
    events = _EVENTS.format(
        canonical=in_bytes("canonical"),
        agrees=dialect.agrees.format(about=_ABOUT, columns=columns),
        hashes=in_bytes("previous_hash || digest || hash"),
    )
    personal = _PERSONAL.format(
        key=in_bytes("""'"' || field || '":"'"""), salted=in_bytes("salt || value")
    )
    return events, personal
