"""Acts that begin at the same moment, each as far as it comes beside those before it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import connection, transaction

from jobs.services import audit_appending
from tests.waiting import until


def at_once(*acts: Callable[[], object]) -> None:
    """Begin the acts while the end of the history is held, each when the one before can come no
    further; then let them go, and raise what any of them raises. SQLite begins one when the one
    before has ended, whatever one does."""
    if connection.vendor == "sqlite":
        for act in acts:
            act()
        return

    def begin(act: Callable[[], object]) -> None:
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        with transaction.atomic():
            audit_appending.locked_head()
            begun = []
            for number, act in enumerate(acts, 1):
                begun.append(pool.submit(begin, act))
                until(partial(as_many_wait, number), seconds=30, what=f"{number} at a lock")
        for one in begun:
            one.result()


def as_many_wait(number: int) -> bool:
    """Whether so many stand at a lock of this database of PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0] == number)
