"""The file in which a demonstration's jobs survive a restart."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from jobs.simulator.lives import Job

VERSION = 1


class StateFileError(Exception):
    """The state file cannot be read or written, and is left as it is."""


def read_jobs(file: Path) -> tuple[float, list[Job]]:
    """How far the clock had been pushed, in seconds, and the jobs in the order of acceptance.

    Raises StateFileError.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise StateFileError(f"{file} is of version {content['version']}, not {VERSION}.")
        return float(content["pushed_seconds"]), [Job(**row) for row in content["jobs"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateFileError(f"{file} is not a readable state file: {error}") from error


def write_jobs(file: Path, pushed_seconds: float, jobs: Sequence[Job]) -> None:
    """Replace the file in one step, so that a reader sees the old content or the new.

    Raises StateFileError.
    """
    content = {
        "version": VERSION,
        "pushed_seconds": pushed_seconds,
        "jobs": [asdict(job) for job in jobs],
    }
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8") as stream:
            json.dump(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
    except OSError as error:
        raise StateFileError(f"{file} cannot be written: {error}") from error
