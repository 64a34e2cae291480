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
_ABOUT = (
    ('{"about":{"act":"', "act_id"),
    ('","at":"', "{at}"),
    ('","job":', "coalesce(job_id{as_text}, 'null')"),
    (',"kind":"', "actor_kind"),
    ('","outcome":"', "outcome"),
    ('","seq":', "seq"),
    (',"token":', "coalesce(token_id{as_text}, 'null')"),
    (',"user":', "coalesce(actor_user_id{as_text}, 'null')"),
    (',"v":1,"verb":"', "verb"),
    ('","workspace":', "coalesce(workspace_id{as_text}, 'null')"),
)
_ABOUT_END = "},"
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
    """How one database says it. SQLite gives what was stored as bytes, whatever somebody put
    there; PostgreSQL holds nothing but UTF-8, and is quickest with text."""

    raw: str
    as_text: str
    at: str


_DIALECTS = {
    "sqlite": _Dialect(
        raw="CAST({} AS BLOB)",
        as_text="",
        at="replace(at, ' ', 'T') || CASE length(at) WHEN 19 THEN '.000000Z' ELSE 'Z' END",
    ),
    "postgresql": _Dialect(
        raw="{}",
        as_text="::text",
        at="""to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
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
    personal = cursor.fetchall()
    if connection.vendor == "postgresql":
        rows = [(n, text.encode(), agrees, hashes.encode()) for n, text, agrees, hashes in rows]
        personal = [(seq, key.encode(), salted.encode()) for seq, key, salted in personal]
    values = iter(personal)
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
    raw = dialect.raw.format
    events = _EVENTS.format(
        canonical=raw("canonical"),
        agrees=_agrees(dialect),
        hashes=raw("previous_hash || digest || hash"),
    )
    personal = _PERSONAL.format(key=raw("""'"' || field || '":"'"""), salted=raw("salt || value"))
    return events, personal


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
        return f"starts_with(canonical, concat({', '.join(parts)}, '{_ABOUT_END}'))"
    # The doubled sign of percent is halved when the statement is run.
    form = "%%s".join([*texts, _ABOUT_END])
    return f"instr(canonical, printf('{form}', {', '.join(columns)})) = 1"
