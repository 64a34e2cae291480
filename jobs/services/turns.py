"""Taking turns at SQLite's one write lock.

A writer that finds the lock taken is put to sleep by SQLite, longer each time and up to 100 ms,
while whoever comes new may find it free. So of many writers a few wait very long. Acts and claims
therefore first take a file beside the database, by flock, which ends with whoever holds it: those
who wait for it look again within milliseconds, and the more often the longer they have waited.

It is politeness and no rule. Nothing depends on it, and nobody waits for it for long: whoever
writes without a turn, as other programs do, still meets the lock of the database. Who waited in
vain, because a process stands still with the turn in hand, asks for none for a while.
"""

import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# Then something is amiss that SQLite's own waiting has to deal with.
PATIENCE_SECONDS = 2.0
WITHOUT_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 0.004
SHORTEST_PAUSE_SECONDS = 0.0005
SUFFIX = "-turn"

_without_until = 0.0


@contextmanager
def turn() -> Iterator[None]:
    """Hold the turn for a write while the block lasts; PostgreSQL needs none."""
    descriptor = _opened()
    if descriptor is None:
        yield
        return
    try:
        _wait(descriptor)
        yield
    finally:
        os.close(descriptor)


def _opened() -> int | None:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or "memory" in name:
        return None
    try:
        return os.open(f"{name}{SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None  # a place that takes no file; the database itself will say so


def _wait(descriptor: int) -> None:
    global _without_until
    began = time.monotonic()
    while began >= _without_until:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            waited = time.monotonic() - began
        except OSError:
            return  # a file system without such locks
        if waited > PATIENCE_SECONDS:
            _without_until = time.monotonic() + WITHOUT_SECONDS
            return
        # The pause shrinks from the longest to the shortest over a tenth of a second.
        span = max(SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS * (1 - 10 * waited))
        time.sleep(span * random.uniform(0.5, 1.5))
