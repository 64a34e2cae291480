"""Taking the history's triggers away for a while, as whoever owns the database can."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def lifted() -> Iterator[None]:
    """Let any SQL change the history's tables; afterwards they are guarded as before."""
    postgresql = connection.vendor == "postgresql"
    triggers = _postgresql_triggers() if postgresql else _sqlite_triggers()
    with connection.cursor() as cursor:
        for table in sorted({table for table, _name, _sql in triggers}):
            if postgresql:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for _table, name, sql in triggers:
            if sql:
                cursor.execute(f"DROP TRIGGER {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table, name, sql in triggers:
                cursor.execute(sql or f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def triggers() -> set[str]:
    """The names of the triggers that stand on the history's tables."""
    found = _postgresql_triggers() if connection.vendor == "postgresql" else _sqlite_triggers()
    return {name for _table, name, _sql in found}


def _sqlite_triggers() -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tbl_name, name, sql FROM sqlite_master "
            "WHERE type = 'trigger' AND tbl_name LIKE 'jobs_audit%'"
        )
        return cursor.fetchall()


def _postgresql_triggers() -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, '' FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgenabled = 'A' "
            "AND tgrelid::regclass::text LIKE 'jobs_audit%'"
        )
        return cursor.fetchall()
