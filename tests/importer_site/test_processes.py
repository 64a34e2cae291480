"""Children that do not want to end."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.running import ROOT, ends_within

CHILD = """
import os, signal
signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"asked\\n"))  # print() may be at work
print(os.getpid(), flush=True)
while True:
    signal.pause()
"""
PARENT = """
import contextlib, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored behind a shell's &
from importer_site.processes import AskedToStopError, Child, Processes
with Processes() as processes, contextlib.suppress(AskedToStopError):
    processes.start(Child("child", [sys.executable, "-c", sys.argv[1]], os.environ))
    print(processes.watch(), flush=True)
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    """A program with one child, which says its own id and when it is asked to end."""
    command = [sys.executable, "-c", PARENT, CHILD]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_a_second_ctrl_c_ends_a_child_that_takes_its_time(parent: subprocess.Popen[str]) -> None:
    child = int(line(parent))

    parent.send_signal(signal.SIGINT)
    assert line(parent) == "asked"
    parent.send_signal(signal.SIGINT)

    assert parent.wait(30) == 0
    assert ends_within(child, 0)


def test_it_says_how_a_child_ended(parent: subprocess.Popen[str]) -> None:
    subprocess.run(["kill", "-KILL", line(parent)], check=True)

    assert line(parent) == "The child ended by itself (signal SIGKILL)."
    assert parent.wait(30) == 0


def test_a_child_is_asked_when_its_parent_dies(parent: subprocess.Popen[str]) -> None:
    child = int(line(parent))

    parent.kill()

    assert line(parent) == "asked"
    subprocess.run(["kill", "-KILL", str(child)], check=True)
    assert ends_within(child, 30)
