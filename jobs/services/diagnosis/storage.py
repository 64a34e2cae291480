"""The database: that it answers, is set up as the promises need it, and guards the history."""

from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from jobs.models import AuditEvent
from jobs.services import chain, chain_verification, text_index
from jobs.services.diagnosis.finding import Finding

# What importer_site/settings.py asks of each connection; the numbers are SQLite's own.
SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "recursive_triggers": 1,
    "foreign_keys": 1,
}
POSTGRESQL_SETTINGS = {"fsync": "on", "full_page_writes": "on", "transaction_read_only": "off"}
OLDEST_POSTGRESQL = 130000
# `synchronous_commit` has further values that wait for standbys too; only these two don't wait.
NOT_DURABLE = ("off",)
EVENTS_TO_CHECK = 1000


def database_answers() -> Finding:
    """Whether there is one to talk to."""
    try:
        connection.ensure_connection()
        return Finding.ok("database", f"{connection.display_name} answers.")
    except DatabaseError as error:
        return Finding.failed(
            "database", f"It does not answer: {error}", "Start it, or correct DATABASE_URL."
        )


def migrations_are_applied() -> Iterator[Finding]:
    """The tables are those that this version knows."""
    executor = MigrationExecutor(connection)
    known = executor.loader.graph.nodes
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    newer = [name for app, name in executor.loader.applied_migrations if app == "jobs"]
    newer = sorted(name for name in newer if ("jobs", name) not in known)
    if missing:
        yield Finding.failed(
            "migrations",
            f"{len(missing)} have not run.",
            "Make a backup, then `manage.py migrate`.",
        )
    elif newer:
        yield Finding.warning(
            "migrations",
            f"A newer version was here: {', '.join(newer)}.",
            "Run that version; docs/operations.md says how to go back by restoring.",
        )
    else:
        yield Finding.ok("migrations", "All have run.")


def database_is_set_up() -> Iterator[Finding]:
    """An intent is on disk before it is sent, and what was asked for is really in force."""
    wrong = list(_wrong_on_sqlite() if connection.vendor == "sqlite" else _wrong_on_postgresql())
    yield from wrong
    if not wrong:
        yield Finding.ok("durability", "What is committed survives a power cut.")


def _wrong_on_sqlite() -> Iterator[Finding]:
    for name, wanted in SQLITE_PRAGMAS.items():
        found = _asked(f"PRAGMA {name}")
        if found != wanted:
            yield Finding.failed(
                "durability",
                f"SQLite's {name} is {found}, not {wanted}.",
                "Keep the database on a local disk: network file systems cannot do WAL. Leave "
                "the options of importer_site/settings.py as they are.",
            )


def _wrong_on_postgresql() -> Iterator[Finding]:
    version = _asked("SELECT current_setting('server_version_num')::int")
    if version < OLDEST_POSTGRESQL:
        yield Finding.failed("database", f"PostgreSQL is {version}.", "Use PostgreSQL 13 or newer.")
    for name, wanted in POSTGRESQL_SETTINGS.items():
        found = _asked("SELECT current_setting(%s)", name)
        if found != wanted:
            yield Finding.failed(
                "durability",
                f"PostgreSQL's {name} is {found}, not {wanted}.",
                f"Set {name} = {wanted}.",
            )
    if _asked("SELECT current_setting('synchronous_commit')") in NOT_DURABLE:
        yield Finding.failed(
            "durability",
            "PostgreSQL's synchronous_commit is off: an intent may be lost after it was sent.",
            "Set synchronous_commit = on for this database.",
        )


def search_has_its_index() -> Iterator[Finding]:
    """Without it the search for words reads every job."""
    if text_index.stands():
        yield Finding.ok("search", "Words are looked up in an index.")
    else:
        yield Finding.warning("search", "There is no index for words.", text_index.HOW_TO_GET_IT)


def history_is_guarded() -> Iterator[Finding]:
    """The database itself refuses to change an event."""
    open_tables = chain_verification.unguarded_tables()
    if open_tables:
        yield Finding.failed(
            "history",
            f"No trigger stands on {', '.join(open_tables)} any more.",
            "Find out who dropped it, and run `manage.py verify_audit` with kept checkpoints.",
        )
    else:
        yield Finding.ok("history", "The database refuses to change it.")


def history_ends_as_its_head_says() -> Iterator[Finding]:
    """The newest events, as many as take no time; `manage.py verify_audit` reads all."""
    head = chain.head()
    before = AuditEvent.objects.filter(seq=max(0, head.seq - EVENTS_TO_CHECK)).first()
    start = chain.Position(before.seq, before.hash) if before else chain.Position()
    try:
        for _position in chain.walk(head, start):
            pass
        chain.check_ends()
    except chain.BadRecord as bad:
        yield Finding.failed(
            "history",
            f"It is bad at event {bad.seq}: {bad.fault.label}.",
            "Stop and keep everything as it is; docs/operations.md says what to do.",
        )
    else:
        told = f"Its newest events up to {head.seq} are whole."
        yield Finding.ok("history", f"{told} `manage.py verify_audit` reads all of it.")


def _asked(statement: str, *parameters: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchone()[0]
