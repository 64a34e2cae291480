"""Reading the history for whoever checks it: a batch at once, as few long texts that the database
puts together, or event by event.

Tuples, not records, each event once, and no more than a few batches at a time. docs/audit.md says
what is checked and why.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection

from jobs.services import chain_exchanges

# So few that a batch's texts stay in the processor's cache.
BATCH = 125
# Stretches that are asked for before the first is looked at.
AHEAD = 2
# Between texts: no event holds the first, nor what people wrote the second; whatever does is not
# taken apart as it was put together, and is looked at by itself.
BETWEEN, BETWEEN_VALUES = "\n", "\x1e"

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
_EVENT = "SELECT {canonical}, {hashes} FROM jobs_auditevent WHERE seq = %s"
_PERSONAL = """
    SELECT event_seq, {key}, {salted} FROM jobs_auditpersonal
    WHERE event_seq > %s AND event_seq <= %s ORDER BY event_seq
"""
_JOINED = """
    SELECT {after}, {last}, events.*, personal.* FROM {spans} {beside} (
        SELECT count(*), {texts}, {hashes} FROM (
            SELECT canonical, {hash_columns} AS hashes FROM jobs_auditevent
            WHERE seq > {after} AND seq <= {last} AND {agrees} ORDER BY seq
        ) AS event
    ) AS events, {beside} (
        SELECT {numbers}, {keys}, {salted} FROM (
            SELECT event_seq{as_text} AS number, field, salt, value FROM jobs_auditpersonal
            WHERE event_seq > {after} AND event_seq <= {last} ORDER BY event_seq
        ) AS value
    ) AS personal
"""
_HASH_COLUMNS = "previous_hash || digest || hash"
_KEY = """'"' || field || '":"'"""
_SALTED = "salt || value"


class Joined(NamedTuple):
    """The events after number `after` up to `last`, and the personal values beside them: texts,
    one after the other, as they are stored."""

    after: int
    last: int
    found: int
    texts: bytes
    hashes: bytes
    personal_numbers: bytes
    personal_keys: bytes
    personal_salted: bytes


Rows = Callable[[], list[tuple[Any, ...]]]


class Stretch(NamedTuple):
    """What is read at once up to the event `last`, and what waits for the rows of its exchanges."""

    last: int
    batches: Iterator[Joined]
    exchanges: Rows


class Events(NamedTuple):
    """The same event by event, and value by value; without events whose columns are others."""

    events: list[tuple[int, bytes, bytes]]
    personal: list[tuple[int, bytes, bytes]]


class _Dialect(NamedTuple):
    """How one database says it. Both give what was stored as bytes, whatever somebody put there.

    PostgreSQL does several `batches` with each question, because planning one takes it as long as
    reading fifty events: `spans` has a row for each, and the others stand `beside` it.
    """

    raw: str
    as_text: str
    at: str
    joined: str
    batches: int
    spans: str
    after: str
    last: str
    beside: str


_DIALECTS = {
    "sqlite": _Dialect(
        raw="CAST({} AS BLOB)",
        as_text="",
        at=chain_exchanges.UTC_TEXT["sqlite"].format("at"),
        joined="group_concat({}, char({}))",
        batches=1,
        spans="",
        after=":after",
        last=":last",
        beside="",
    ),
    "postgresql": _Dialect(
        raw="convert_to({}, 'UTF8')",
        as_text="::text",
        at=chain_exchanges.UTC_TEXT["postgresql"].format("at"),
        joined="string_agg({}, chr({}))",
        batches=8,
        spans="generate_series(%(after)s::bigint, %(last)s::bigint - 1, %(step)s) AS after,",
        after="after",
        last="least(after + %(step)s, %(last)s)",
        beside="LATERAL",
    ),
}


def stretches(start: int, end: int) -> Iterator[Stretch]:
    """The stretches after the event `start` up to the event `end`.

    The database puts the next ones together while the caller looks at one.
    """
    at_once = _DIALECTS[connection.vendor].batches * BATCH
    connection.ensure_connection()
    with connection.wrap_database_errors, _asking() as (ask, take_in):
        ahead = (
            ask(
                _statements().joined, {"after": seq, "last": min(seq + at_once, end), "step": BATCH}
            )
            for seq in range(start, end, at_once)
        )
        asked = deque(islice(ahead, AHEAD))
        while asked:
            batches = sorted(_joined(*row) for row in asked.popleft()())
            ids = chain_exchanges.ids_in(batch.texts for batch in batches)
            exchanges = ask(chain_exchanges.statement(ids), {}) if ids else list
            # After the exchanges, which are needed before the next stretch.
            asked.extend(islice(ahead, 1))
            yield Stretch(batches[-1].last, _taking_in(batches, take_in), exchanges)


def one_by_one(after: int, last: int) -> Events:
    """The events after number `after` up to `last`, and what stands beside them. Two queries."""
    sql, span = _statements(), (after, last)
    with connection.cursor() as cursor:
        cursor.execute(sql.events, span)
        events = cursor.fetchall()
        cursor.execute(sql.personal, span)
        return Events(events, cursor.fetchall())


def one(seq: int) -> tuple[bytes, bytes] | None:
    """The text and the three hashes of the event of that number, whatever its columns say. One
    query."""
    with connection.cursor() as cursor:
        cursor.execute(_statements().event, [seq])
        found: tuple[bytes, bytes] | None = cursor.fetchone()
    return found


@contextmanager
def _asking() -> Iterator[tuple[Callable[[str, dict[str, int]], Rows], Callable[[], None]]]:
    """A way to ask for rows and go on: what it gives waits for the answer. And a way to make room
    for more of an answer meanwhile.

    On the caller's connection, for what its transaction sees: PostgreSQL takes several questions
    at once, and SQLite works in a thread, for which Python's own work need not wait.
    """
    raw = connection.connection
    if connection.vendor == "postgresql":
        from psycopg import Cursor

        def ask(sql: str, values: dict[str, int]) -> Rows:
            return Cursor(raw).execute(sql, values, binary=True).fetchall

        with raw.pipeline():
            yield ask, raw.pgconn.consume_input
    else:
        with ThreadPoolExecutor(1, "history") as reader:

            def answer(sql: str, values: dict[str, int]) -> list[tuple[Any, ...]]:
                return list(raw.execute(sql, values))

            yield lambda sql, values: reader.submit(answer, sql, values).result, lambda: None


def _taking_in(batches: list[Joined], take_in: Callable[[], None]) -> Iterator[Joined]:
    for batch in batches:
        yield batch
        # Little fits between two programs: PostgreSQL waits when it is full.
        take_in()


def _joined(after: int, last: int, found: int, *texts: bytes | None) -> Joined:
    return Joined(after, last, found, *(text or b"" for text in texts))


class _Statements(NamedTuple):
    """How one database is asked for the events and the personal values of a batch, joined or
    not, and for one event by its number."""

    joined: str
    events: str
    personal: str
    event: str


@cache
def _statements() -> _Statements:
    dialect = _DIALECTS[connection.vendor]
    raw, agrees = dialect.raw.format, _agrees(dialect)

    def joined(text: str, between: str = BETWEEN) -> str:
        return raw(dialect.joined.format(text, ord(between)))

    canonical, hashes = raw("canonical"), raw(_HASH_COLUMNS)
    return _Statements(
        joined=_JOINED.format(
            spans=dialect.spans,
            after=dialect.after,
            last=dialect.last,
            beside=dialect.beside,
            texts=joined("canonical"),
            hashes=joined("hashes"),
            hash_columns=_HASH_COLUMNS,
            agrees=agrees.replace("%%", "%"),
            numbers=joined("number"),
            keys=joined(_KEY),
            salted=joined(_SALTED, BETWEEN_VALUES),
            as_text=dialect.as_text,
        ),
        events=_EVENTS.format(canonical=canonical, hashes=hashes, agrees=agrees),
        personal=_PERSONAL.format(key=raw(_KEY), salted=raw(_SALTED)),
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
