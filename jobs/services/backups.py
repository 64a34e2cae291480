"""Backups: one file that holds all records as they were at one moment, checked before it counts.

Secrets are not in it: SECRET_KEY, TOKEN_DIGEST_KEY, the key that signs checkpoints and the keys
of DashScope are kept elsewhere.
"""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.utils import timezone

from jobs.errors import DeskError
from jobs.services import chain

PREFIX = "import-desk-"
SUFFIXES = {"sqlite": ".sqlite3", "postgresql": ".dump"}
LAST_EVENT = "SELECT seq, hash FROM jobs_auditevent ORDER BY seq DESC LIMIT 1"


class BackupFailed(DeskError):
    """No backup was made, or what was made is not whole; nothing older was removed."""

    code = "backup_failed"


@dataclass(frozen=True)
class Backup:
    """A file, its size in bytes, and an event that is surely in it."""

    path: Path
    size: int
    end: chain.Position


def make(directory: Path, *, keep: int = 0) -> Backup:
    """Write a backup into the directory, readable by its owner alone, while everything runs.

    With `keep`, older backups there beyond so many are removed. Raises BackupFailed.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    suffix = SUFFIXES[connection.vendor]
    path = directory / f"{PREFIX}{timezone.now():%Y%m%dT%H%M%SZ}{suffix}"
    end = chain.head()
    with _unfinished(path) as writing:
        if connection.vendor == "sqlite":
            end = _copy_sqlite(writing)
        else:
            _dump_postgresql(writing)
    if keep:
        for old in sorted(directory.glob(f"{PREFIX}*{suffix}"))[:-keep]:
            old.unlink()
    return Backup(path, path.stat().st_size, end)


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """A file beside the path that takes its name once it is whole and on the disk."""
    writing = path.with_name(f".{path.name}.unfinished")
    try:
        # Made first, with its mode, so that nobody can read even the beginning of it.
        os.close(os.open(writing, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield writing
        for synced in (writing, path.parent):
            descriptor = os.open(synced, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        writing.rename(path)
    except (OSError, sqlite3.Error, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or error
        raise BackupFailed(f"{path}: {said}") from error
    finally:
        writing.unlink(missing_ok=True)


def _copy_sqlite(target: Path) -> chain.Position:
    """One reading transaction, so that writers neither wait nor show half of what they do."""
    source = Path(connection.settings_dict["NAME"]).resolve().as_uri()
    with closing(sqlite3.connect(f"{source}?mode=ro", uri=True, isolation_level=None)) as records:
        records.execute("VACUUM INTO ?", [str(target)])
    with closing(sqlite3.connect(f"{target.resolve().as_uri()}?mode=ro", uri=True)) as copy:
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        head = copy.execute("SELECT seq, hash FROM jobs_audithead").fetchone()
        if head != copy.execute(LAST_EVENT).fetchone():
            raise sqlite3.DatabaseError("its history does not end where its head says")
    return chain.Position(*head) if head else chain.Position()


def _dump_postgresql(target: Path) -> None:
    """pg_dump reads in one snapshot; pg_restore reads the whole file once to see that it can."""
    stored = connection.settings_dict
    where = {
        "PGHOST": stored["HOST"],
        "PGPORT": stored["PORT"],
        "PGUSER": stored["USER"],
        "PGPASSWORD": stored["PASSWORD"],
        "PGDATABASE": stored["NAME"],
    }
    environment = os.environ | {name: str(value) for name, value in where.items() if value}
    for command in (
        ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"],
        ["pg_restore", f"--file={os.devnull}", str(target)],
    ):
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
