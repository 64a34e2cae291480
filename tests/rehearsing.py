"""Backing up and restoring as docs/operations.md says, on the database of the tests."""

import os
import re
import sqlite3
import subprocess
from contextlib import closing
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from jobs import actors
from jobs.models import ImportJob, User, Workspace
from jobs.services import submission
from tests.machine import postgresql

FIELDS = {
    "base_model": "qwen3-32b",
    "display_name": "客服意图",
    "bucket_name": "acme-models",
    "object_key": "models/cs/",
    "weight_type": "lora",
}


def path() -> str:
    """PATH with PostgreSQL's programs, where Debian leaves them out of it."""
    return f"{postgresql()}:{os.environ['PATH']}"


def backup(directory: Path, *options: str) -> tuple[Path, str]:
    told = StringIO()
    call_command("backup", str(directory), *options, stdout=told)
    found = re.match(r"(\S+) holds all records", told.getvalue())
    assert found
    return Path(found[1]), told.getvalue()


def restore(file: Path) -> None:
    """As docs/operations.md says, with everything else stopped."""
    stored = connection.settings_dict
    connection.close()
    if connection.vendor == "sqlite":
        # Through SQLite and not by copying the file: threads of earlier tests may have it open.
        with (
            closing(sqlite3.connect(file)) as saved,
            closing(sqlite3.connect(stored["NAME"])) as to,
        ):
            saved.backup(to)
        return
    url = f"postgres://{stored['USER']}@/{stored['NAME']}?host={stored['HOST']}"
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction"]
    subprocess.run(["pg_restore", *options, f"--dbname={url}", str(file)], check=True)


def submit(bob: User, workspace: Workspace) -> ImportJob:
    actor = actors.Actor(kind="person", label=bob.label, user_id=bob.pk)
    return submission.submit(workspace, FIELDS, actor=actor).job
