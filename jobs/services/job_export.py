"""Every job that a search finds, as CSV, however many there are.

The database writes the rows: PostgreSQL by COPY, SQLite through a plain cursor. They are read in
stretches of numbers, so that memory stays flat and a slow reader holds up no snapshot, and the
export ends with the newest job that there was when it was begun. Beginning one is an event.
"""

import csv
import hashlib
import io
import select
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection
from django.db.models import Max

from jobs.actors import Actor
from jobs.choices import Verb
from jobs.models import ImportJob
from jobs.models.import_jobs import ImportJobQuerySet
from jobs.services import audit
from jobs.services.job_table import BYTE_ORDER_MARK, COLUMNS, FORMULA_SIGNS
from jobs.services.searching import JobSearch

STRETCH = 20_000  # so many numbers a query, however few of them are found
ROWS_A_PIECE = 500
SOURCES = {
    "workspace": "jobs_workspace.slug",
    "job_id": "jobs_importjob.remote_job_id",
    "model_name": "jobs_importjob.generated_model_name",
    "submitted_by": "jobs_importjob.submitted_by_label",
}
# Made of digits or of words of our own, so that none can be a formula.
PLAIN = ("id", "workspace", "status", "weight_type", "origin")
TIMES = ("created_at", "finished_at", "deleted_at")
# Whatever begins with a sign is below the one or not below the other, by code point.
FIRST_LETTER, FIRST_FULL_WIDTH = "A", "\uff00"


@dataclass(frozen=True)
class Export:
    """The jobs that are exported: those found, up to number `last`."""

    jobs: ImportJobQuerySet
    last: int


def begin(search: JobSearch, jobs: ImportJobQuerySet, *, actor: Actor) -> Export:
    """Write down that the actor exports the jobs that the search found, and what that was."""
    last = ImportJob.objects.aggregate(last=Max("pk"))["last"] or 0
    narrowed = {field.name: getattr(search, field.name) for field in fields(search)}
    filters = {name: str(value) for name, value in narrowed.items() if value}
    with audit.act(actor) as act:
        act.record(Verb.JOBS_EXPORTED, data={"filters": filters, "up_to": last})
    return Export(jobs, last)


def stream(export: Export) -> Iterator[bytes]:
    """The table, in pieces. Its last row has the number of rows and the SHA-256 of all before
    it, so that a file that was cut off is known as such."""
    digest, count = hashlib.sha256(), 0
    head = f"{BYTE_ORDER_MARK}{','.join(COLUMNS)}\n".encode()
    digest.update(head)
    yield head
    write = _copied if connection.vendor == "postgresql" else _written
    for after in range(0, export.last, STRETCH):
        stretch = export.jobs.filter(pk__gt=after, pk__lte=min(after + STRETCH, export.last))
        with suppress(EmptyResultSet):  # who sees no workspace has nothing to ask for
            for rows, piece in write(*_statement(stretch)):
                count += rows
                digest.update(piece)
                yield piece
    yield f"end,{count},{digest.hexdigest()}\n".encode()


def _statement(jobs: ImportJobQuerySet) -> tuple[str, tuple[Any, ...]]:
    """The query for the jobs with the cells as its columns, and its parameters."""
    found = jobs.order_by("pk").values_list("pk", "workspace__slug")
    sql, parameters = found.query.sql_with_params()
    source = sql.partition(" FROM ")[2]
    if connection.vendor == "sqlite":
        # By number: an index of the workspace's jobs would be read whole for every stretch.
        table = '"jobs_importjob"'
        source = source.replace(table, f"{table} NOT INDEXED", 1)
    cells = ", ".join(_cell(name) for name in COLUMNS)
    # Names of columns alone are put together; what people wrote stands in the parameters.
    return f"SELECT {cells} FROM {source}", parameters  # noqa: S608


def _cell(name: str) -> str:
    column = SOURCES.get(name, f"jobs_importjob.{name}")
    if name in PLAIN:
        return column
    if name in TIMES:
        return _TIME[connection.vendor].format(column=column)
    signs = ", ".join(f"'{sign}'" for sign in FORMULA_SIGNS)
    code_point = f'{column} COLLATE "C"' if connection.vendor == "postgresql" else column
    # Most cells begin with a letter, and are looked at once.
    return (
        f"CASE WHEN {code_point} >= '{FIRST_LETTER}' AND {code_point} < '{FIRST_FULL_WIDTH}' "
        f"THEN {column} WHEN {column} = '' THEN NULL "
        f"WHEN substr(ltrim({column}, ' '), 1, 1) IN ({signs}) THEN '''' || {column} "
        f"ELSE {column} END"
    )


# In UTC, to the second; PostgreSQL writes a time as it stands in half the time of any other form.
_TIME = {
    "postgresql": "{column}::timestamptz(0)",
    "sqlite": "substr({column}, 1, 19) || '+00'",
}


def _copied(sql: str, parameters: tuple[Any, ...]) -> Iterator[tuple[int, bytes]]:
    """Pieces as PostgreSQL writes them, each with the number of its rows.

    From libpq itself: psycopg's own way of a copy takes longer over each row than PostgreSQL.
    """
    from psycopg import pq

    connection.ensure_connection()
    wire = connection.connection.pgconn
    postgresql: Any = connection.ops  # its type is that of any database
    statement = f"COPY ({postgresql.compose_sql(sql, parameters)}) TO STDOUT (FORMAT csv)"
    result = wire.exec_(statement.encode())
    if result.status != pq.ExecStatus.COPY_OUT:
        raise OperationalError(result.get_error_message())
    rows: list[memoryview] = []
    ended = False
    try:
        while not ended:
            size, row = wire.get_copy_data(1)
            if size > 0:
                rows.append(row)  # one row each, as the protocol has it
            elif size == 0:
                select.select([wire.socket], [], [])
                wire.consume_input()
            ended = size < 0
            if len(rows) == ROWS_A_PIECE or (ended and rows):
                yield len(rows), b"".join(rows)
                rows.clear()
    finally:
        if not ended:  # whoever reads it has left
            wire.get_cancel().cancel()
        while not ended:
            ended = wire.get_copy_data(0)[0] < 0
        result = wire.get_result()
        while wire.get_result() is not None:
            pass
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise OperationalError(result.get_error_message())


def _written(sql: str, parameters: tuple[Any, ...]) -> Iterator[tuple[int, bytes]]:
    """The same pieces from SQLite's rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(ROWS_A_PIECE):
            text = _text_of(rows, csv.QUOTE_MINIMAL)
            if "\r" in text:
                # Python's writer leaves it bare where lines end otherwise, and no reader likes it.
                text = _text_of(rows, csv.QUOTE_ALL)
            yield len(rows), text.encode()


def _text_of(rows: list[tuple[Any, ...]], quoting: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(rows)
    return text.getvalue()
