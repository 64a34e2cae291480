"""The simulator in a process of its own, in either of the ways that start one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from tests.running import ROOT

ALONE = ("-m", "jobs.simulator")
BY_DJANGO = ("manage.py", "run_simulator")
END_SECONDS = 20


def start(*arguments: str, program: Sequence[str] = ALONE) -> subprocess.Popen[str]:
    """Start the program; what it prints is the caller's to read."""
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=ROOT,
        env={**os.environ, "ENV_FILE": "", "SECRET_KEY": "for this test alone"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running_simulator(
    *arguments: str, program: Sequence[str] = ALONE
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its address, as soon as it answers; ended with the block."""
    with start(*arguments, program=program) as process:
        try:
            yield process, first_line(process.stdout).split()[-1]
        finally:
            process.terminate()
            process.communicate(timeout=END_SECONDS)


def first_line(stream: IO[str] | None) -> str:
    """What the process prints first."""
    line = stream.readline() if stream else ""
    assert line, "the process ended without a line"
    return line
