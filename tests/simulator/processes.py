"""The simulator in a process of its own, as `manage.py run_simulator` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
END_SECONDS = 20


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the command; what it prints is the caller's to read."""
    return subprocess.Popen(
        [sys.executable, str(MANAGE), "run_simulator", *arguments],
        env={**os.environ, "ENV_FILE": "", "SECRET_KEY": "for this test alone"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running_simulator(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its address, as soon as it answers; ended with the block."""
    with start(*arguments) as process:
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
