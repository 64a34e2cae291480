"""Writers of SQLite take turns, and none of them for granted."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from jobs.services import turns

HOLDER = """
import fcntl, os, signal, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
signal.pause()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a database of its own; these tests open no connection to it."""
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "desk.sqlite3"))
    monkeypatch.setattr(turns, "_without_until", 0.0)
    return tmp_path / f"desk.sqlite3{turns.SUFFIX}"


@contextmanager
def held_elsewhere(place: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()


def is_free(place: Path) -> bool:
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_it_is_held_while_the_block_lasts(place: Path) -> None:
    with turns.turn():
        held = not is_free(place)

    assert held == (connection.vendor == "sqlite")
    assert is_free(place)


def test_it_comes_at_once_when_its_holder_is_killed(place: Path) -> None:
    with held_elsewhere(place) as holder:
        timer = threading.Timer(0.2, holder.kill)
        timer.start()
        began = time.monotonic()

        with turns.turn():
            waited = time.monotonic() - began

        timer.join()
    assert waited < turns.PATIENCE_SECONDS


def test_nobody_waits_long_for_one_who_stands_still(place: Path) -> None:
    with held_elsewhere(place):
        began = time.monotonic()

        for _write in range(50):
            with turns.turn():
                pass

        assert time.monotonic() - began < 2 * turns.PATIENCE_SECONDS


def test_a_place_that_takes_no_file_stops_nobody(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/at/all.sqlite3")

    with turns.turn():
        pass
