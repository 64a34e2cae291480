"""What is asked for again and again reads a part of the history, and not all of it.

SQLite counts what each statement does, and has the less clever planner of the two databases.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from jobs.models import ImportJob, Membership
from jobs.services import figures
from jobs.services.steps import STEPS
from tests.bench.seeding import Seeded, seed

JOBS = 5_000
# Instructions of SQLite's machine. A walk past all jobs takes at least three for each of them.
COUNTED_IN = 500
MOST = 14_000


@dataclass
class Meter:
    """The statements that did more than MOST, with how much."""

    heavy: list[tuple[int, str]] = field(default_factory=list)
    _done: int = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Run one statement to its end, rows and all, and note what it took."""
        self._done = 0
        cursor = context["cursor"]
        result = execute(sql, params, many, context)
        if sql.lstrip().upper().startswith("SELECT"):
            rows = cursor.cursor.fetchall()
            cursor.cursor = Rows(cursor.cursor, rows)
        if self._done > MOST:
            self.heavy.append((self._done, sql))
        return result

    def tick(self) -> int:
        """SQLite calls it."""
        self._done += COUNTED_IN
        return 0


class Rows:
    """A cursor whose rows were all fetched."""

    def __init__(self, cursor: Any, rows: list[Any]) -> None:
        self._cursor = cursor
        self._rows = iter(rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int) -> list[Any]:
        return [row for row, _number in zip(self._rows, range(size), strict=False)]

    def fetchall(self) -> list[Any]:
        return list(self._rows)


@pytest.fixture
def history(db: None) -> Seeded:
    return seed(JOBS)


@pytest.fixture
def meter(history: Seeded) -> Iterator[Meter]:
    meter = Meter()
    connection.connection.set_progress_handler(meter.tick, COUNTED_IN)
    with connection.execute_wrapper(meter):
        yield meter
    connection.connection.set_progress_handler(None, 0)


def test_neither_pages_nor_workers_walk_past_all_jobs(
    history: Seeded, meter: Meter, client_of: Callable[..., Client]
) -> None:
    job = ImportJob.objects.order_by("pk")[JOBS // 2]
    for person in (history.person, history.both):
        client = client_of(person)
        for address in (
            "/",
            "/jobs/",
            "/jobs/?status=open",
            "/jobs/?sort=oldest",
            f"/jobs/?since={job.created_at:%Y-%m-%d}",
            f"/jobs/?until={job.created_at:%Y-%m-%d}",
            f"/jobs/?q={job.object_key}",
            "/jobs/?q=nowhere",
        ):
            assert client.get(address).status_code == 200
        client.get(f"/jobs/{job.pk}/")
    list(figures.figures())
    for step in STEPS:
        step.run("worker-1")

    assert meter.heavy == []


def test_the_meter_notices_a_walk(meter: Meter) -> None:
    workspaces = Membership.objects.values("workspace")
    assert not ImportJob.objects.filter(workspace__in=workspaces, bucket_name="none").exists()

    assert len(meter.heavy) == 1
