"""Every job that a search finds, as CSV or JSON Lines, however many there are.

The database writes the rows: PostgreSQL by COPY, SQLite through a plain cursor. They are read in
stretches of numbers, so that memory stays flat and a slow reader holds up no snapshot for long,
and the export ends with the newest job that there was when it was begun. Beginning one is an
event.
"""

import hashlib
import select
import time
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
from jobs.services.job_export_forms import Form
from jobs.services.searching import JobSearch

# So many numbers a query, however few of them are found; twice as many after each that took no
# longer than this, up to a limit. Beginning a query takes as long as writing 3,000 jobs.
STRETCH, LONGEST_STRETCH = 20_000, 320_000
STRETCH_SECONDS = 1.0
ROWS_A_PIECE = 250
# PostgreSQL sends 8 KB at a time, and is slower where each wakes whoever reads.
SEVERAL_SENT_SECONDS = 0.0005


@dataclass(frozen=True)
class Export:
    """The jobs that are exported: those found, up to number `last`."""

    jobs: ImportJobQuerySet
    last: int


def begin(search: JobSearch, jobs: ImportJobQuerySet, *, form: str, actor: Actor) -> Export:
    """Write down that the actor exports the jobs that the search found, as what, and what it
    looked for."""
    last = ImportJob.objects.aggregate(last=Max("pk"))["last"] or 0
    narrowed = {field.name: getattr(search, field.name) for field in fields(search)}
    filters = {name: str(value) for name, value in narrowed.items() if value}
    with audit.act(actor) as act:
        act.record(Verb.JOBS_EXPORTED, data={"filters": filters, "form": form, "up_to": last})
    return Export(jobs, last)


def stream(export: Export, form: Form) -> Iterator[bytes]:
    """The jobs in this form, in pieces, with its last line."""
    digest, count = hashlib.sha256(), 0
    head = form.head.encode()
    digest.update(head)
    yield head
    read = _copied if connection.vendor == "postgresql" else _written
    after, length = 0, STRETCH
    while after < export.last:
        began = time.monotonic()
        until = min(after + length, export.last)
        stretch = export.jobs.filter(pk__gt=after, pk__lte=until)
        with suppress(EmptyResultSet):  # who sees no workspace has nothing to ask for
            for rows, piece in read(*_statement(stretch, form), form):
                count += rows
                digest.update(piece)
                yield piece
        after = until
        if time.monotonic() - began < STRETCH_SECONDS:
            length = min(2 * length, LONGEST_STRETCH)
    yield form.end(count, digest.hexdigest()).encode()


def _statement(jobs: ImportJobQuerySet, form: Form) -> tuple[str, tuple[Any, ...]]:
    """The query for what the form needs of the jobs, and its parameters."""
    # Of any column but the one that orders them: that would be named by its place.
    found = jobs.order_by("pk").values_list("status")
    sql, parameters = found.query.sql_with_params()
    source = sql.partition(" FROM ")[2]
    if connection.vendor == "sqlite":
        # By number: an index of the workspace's jobs would be read whole for every stretch.
        table = '"jobs_importjob"'
        source = source.replace(table, f"{table} NOT INDEXED", 1)
    # Names of columns alone are put together; what people wrote stands in the parameters.
    return f"SELECT {form.selected()} FROM {source}", parameters  # noqa: S608


def _copied(sql: str, parameters: tuple[Any, ...], form: Form) -> Iterator[tuple[int, bytes]]:
    """Pieces as PostgreSQL writes them, each with the number of its rows.

    From libpq itself: psycopg's own way of a copy takes longer over each row than PostgreSQL.
    """
    from psycopg import pq

    connection.ensure_connection()
    wire = connection.connection.pgconn
    postgresql: Any = connection.ops  # its type is that of any database
    statement = (
        f"COPY ({postgresql.compose_sql(sql, parameters)}) TO STDOUT (FORMAT {form.copied_as})"
    )
    result = wire.exec_(statement.encode())
    if result.status != pq.ExecStatus.COPY_OUT:
        raise OperationalError(result.get_error_message())
    rows: list[memoryview] = []
    ended = dry = False
    try:
        while not ended:
            size, row = wire.get_copy_data(1)
            if size > 0:
                rows.append(row)  # one row each, as the protocol has it
            elif size == 0:
                wire.consume_input()
                if dry:
                    select.select([wire.socket], [], [])
                    time.sleep(SEVERAL_SENT_SECONDS)
                    wire.consume_input()
            dry = size == 0
            ended = size < 0
            if len(rows) == ROWS_A_PIECE or (ended and rows):
                yield len(rows), form.of_copied(b"".join(rows))
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


def _written(sql: str, parameters: tuple[Any, ...], form: Form) -> Iterator[tuple[int, bytes]]:
    """The same pieces from SQLite's rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(ROWS_A_PIECE):
            yield len(rows), form.of_rows(rows).encode()
