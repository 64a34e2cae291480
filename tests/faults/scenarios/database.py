"""The database refuses writes at every step: locked, read-only, full, or on a bad disk."""

import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import connection

from tests.faults.desk import SENDING_HANDS, Desk, pause
from tests.faults.environment import WORKERS
from tests.faults.processes import Process
from tests.faults.scenarios import scenario
from tests.faults.scenarios.answers import PAGES_OF_OTHERS
from tests.waiting import until

# How long a worker waits for a lock here; in production, 20 s.
SHORT = {"FAULTS_BUSY_SECONDS": "0.3"}
LEASE_SECONDS = 4.0

Refusal = Callable[[], AbstractContextManager[None]]


@contextmanager
def disk_that_takes_no_more(worker: Process) -> Iterator[None]:
    """The kernel refuses every write of the worker to any file: SQLite's disk I/O error."""
    unlimited = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
    try:
        yield
    finally:
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, unlimited)


def refuse_at_each_step(desk: Desk, rounds: int, refusal: Refusal) -> None:
    """In turn by chance: while intents wait, when answers arrive, while settling, at random."""
    steps = (_while_intents_wait, _when_answers_arrive, _while_settling, _at_random)
    left = rounds
    while left:
        batch = min(left, desk.random.randint(1, SENDING_HANDS))
        desk.random.choice(steps)(desk, batch, refusal)
        left -= batch
        if desk.random.random() < 0.5:
            desk.settle()
    desk.settle()


def _while_intents_wait(desk: Desk, batch: int, refusal: Refusal) -> None:
    for _ in range(batch):
        desk.submit()
    with refusal():
        pause(desk.random.uniform(0.3, 1.2))


def _when_answers_arrive(desk: Desk, batch: int, refusal: Refusal) -> None:
    names = [desk.new_name() for _ in range(batch)]
    faults = [
        desk.dashscope.fault("slow", call="create", aimed_at=name, accepted=True) for name in names
    ]
    for name in names:
        desk.submit(name)
    for fault in faults:
        fault.wait_until_struck(timeout_seconds=30)
    with refusal():
        for fault in faults:
            fault.release()
        # Now and then for longer than the lease: what was known is found out anew.
        longest = 1.5 if desk.random.random() < 0.8 else LEASE_SECONDS * 1.5
        pause(desk.random.uniform(0.2, longest))


def _while_settling(desk: Desk, batch: int, refusal: Refusal) -> None:
    submitted = []
    for _ in range(batch):
        name = desk.new_name()
        desk.dashscope.fault(
            "close", call="create", aimed_at=name, accepted=desk.random.random() < 0.7
        )
        submitted.append(desk.submit(name))
    until(
        lambda: all(desk.state_of(one)[0] not in ("intended", "sending") for one in submitted),
        seconds=30,
        what="the creates unanswered",
    )
    with refusal():
        pause(desk.random.uniform(0.2, 1.5))


def _at_random(desk: Desk, batch: int, refusal: Refusal) -> None:
    for _ in range(batch):
        name = desk.new_name()
        if desk.random.random() < 0.5:
            desk.dashscope.fault(
                "hang", call="create", aimed_at=name, accepted=desk.random.random() < 0.7
            )
        desk.submit(name)
    for _ in range(3):
        pause(desk.random.uniform(0.0, 0.4))
        with refusal():
            pause(desk.random.uniform(0.0, 0.6))


def _opened(desk: Desk) -> Process:
    desk.start_dashscope()
    desk.add_background(PAGES_OF_OTHERS)
    return desk.start_worker()


@scenario(quiet=False, engine="sqlite", **SHORT)
def database_locked(desk: Desk, rounds: int) -> None:
    _opened(desk)
    refuse_at_each_step(desk, rounds, desk.lock)


@scenario(quiet=False, engine="sqlite", **SHORT)
def database_read_only(desk: Desk, rounds: int) -> None:
    _opened(desk)
    refuse_at_each_step(desk, rounds, lambda: desk.switch("read_only"))


@scenario(quiet=False, engine="sqlite", **SHORT)
def database_full(desk: Desk, rounds: int) -> None:
    _opened(desk)
    refuse_at_each_step(desk, rounds, lambda: desk.switch("full"))


@scenario(quiet=False, engine="sqlite", **SHORT)
def disk_failing(desk: Desk, rounds: int) -> None:
    worker = _opened(desk)
    refuse_at_each_step(desk, rounds, lambda: disk_that_takes_no_more(worker))


@scenario(quiet=False, engine="sqlite", **SHORT)
def no_record_no_request(desk: Desk, rounds: int) -> None:
    """Twenty intents a round wait, and the database takes nothing more: not one call. Once it
    does again, each is sent, and once."""
    desk.start_dashscope()
    for _ in range(rounds * 20):
        desk.submit()
    with desk.lock():
        with desk.switch("read_only"):
            desk.start_worker()
            pause(2.0)
        pause(2.0)
        calls = len(desk.dashscope.requests(call="create"))
        assert calls == 0, calls
    desk.settle(seconds=240)


@scenario(quiet=False, engine="postgres")
def database_connections_cut(desk: Desk, rounds: int) -> None:
    """The server ends every connection of the workers, at each step, again and again."""
    _opened(desk)
    refuse_at_each_step(desk, rounds, _connections_cut)


@contextmanager
def _connections_cut() -> Iterator[None]:
    ended = threading.Event()

    def cut() -> None:
        while not ended.wait(0.1):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND application_name = %s",
                    [WORKERS],
                )
        connection.close()

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        yield
    finally:
        ended.set()
        cutter.join()
