"""Adding events to the chain in as few statements as the database allows: all other writers of
the installation wait meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from jobs.models import AuditEvent, AuditHead, AuditPersonal

GENESIS = "0" * 64
_HEAD = "SELECT seq, hash FROM jobs_audithead WHERE id = 1"
# PostgreSQL gives a row to whoever comes as it is let go, past those who wait; a turn is given in
# the order in which it was asked for. Of two who have the turn at once, the row still lets in one.
_HEAD_IN_TURN = """
    SELECT seq, hash FROM (SELECT pg_advisory_xact_lock(7205759)) AS turn, jobs_audithead
    WHERE id = 1 FOR UPDATE OF jobs_audithead
"""
_MOVE = "UPDATE jobs_audithead SET seq = %s, hash = %s WHERE id = 1"


def locked_head() -> tuple[int, str]:
    """The number and the hash of the last event. Until the end of the transaction nobody else
    gets them; on SQLite nobody else writes at all."""
    lock = _HEAD_IN_TURN if connection.vendor == "postgresql" else _HEAD
    with connection.cursor() as cursor:
        cursor.execute(lock)
        row = cursor.fetchone()
        if row is None:
            # The first event of all; a second first writer waits here for this one's commit.
            first = AuditHead(pk=1, seq=0, hash=GENESIS)
            AuditHead.objects.bulk_create([first], ignore_conflicts=True)
            cursor.execute(lock)
            row = cursor.fetchone()
    seq, hash_ = row
    return seq, hash_


def write(events: Sequence[AuditEvent], values: Sequence[AuditPersonal]) -> None:
    """Insert the events and the personal values beside them, and move the head to the last."""
    move = (_MOVE, [events[-1].seq, events[-1].hash])
    inserts = [_insert(rows) for rows in (values, events) if rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One statement, and so one way to the database and back.
            *before, last = [*inserts[:-1], move, inserts[-1]]
            named = ", ".join(f"part{n} AS ({sql})" for n, (sql, _values) in enumerate(before))
            parameters = [value for _sql, part in (*before, last) for value in part]
            cursor.execute(f"WITH {named} {last[0]}", parameters)
        else:
            for sql, parameters in (*inserts, move):
                cursor.execute(sql, parameters)


def _insert(rows: Sequence[Model]) -> tuple[str, list[Any]]:
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if field.attname != "id"]
    columns = ", ".join(str(field.column) for field in fields)
    marks = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    adapt = connection.ops.adapt_datetimefield_value
    parameters = [
        adapt(value) if isinstance(value, datetime) else value
        for row in rows
        for value in (getattr(row, field.attname) for field in fields)
    ]
    return " ".join(["INSERT INTO", meta.db_table, f"({columns}) VALUES", marks]), parameters
