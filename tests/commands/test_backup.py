"""`manage.py backup` and `manage.py after_restore`: the rehearsal of docs/operations.md."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from jobs import actors
from jobs.choices import AttemptState, Verb
from jobs.models import Attempt, AuditEvent, ImportJob, User, Workspace
from jobs.services import chain, submission
from jobs.simulator import Simulator
from tests.machine import postgresql

FIELDS = {
    "base_model": "qwen3-32b",
    "display_name": "客服意图",
    "bucket_name": "acme-models",
    "object_key": "models/cs/",
    "weight_type": "lora",
}
rehearsed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _postgresql_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "postgresql":
        monkeypatch.setenv("PATH", f"{postgresql()}:{os.environ['PATH']}")


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
        for suffix in ("-wal", "-shm"):
            Path(f"{stored['NAME']}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(file, stored["NAME"])
        return
    url = f"postgres://{stored['USER']}@/{stored['NAME']}?host={stored['HOST']}"
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction"]
    subprocess.run(["pg_restore", *options, f"--dbname={url}", str(file)], check=True)


def submit(bob: User, workspace: Workspace) -> ImportJob:
    actor = actors.Actor(kind="person", label=bob.label, user_id=bob.pk)
    return submission.submit(workspace, FIELDS, actor=actor).job


@rehearsed
def test_a_restored_backup_verifies_and_sends_nothing_twice(
    bob: User, workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    job = submit(bob, workspace)
    file, _told = backup(tmp_path)
    call_command("run_worker", "--once", stdout=StringIO())
    ((remote, _status),) = simulator.jobs()

    restore(file)
    waiting = Attempt.objects.get(job=job)
    call_command("verify_audit", stdout=StringIO())
    call_command("after_restore", stdout=StringIO())
    call_command("run_worker", "--once", stdout=StringIO())

    assert waiting.state == AttemptState.INTENDED
    assert [made.job_id for made, _status in simulator.jobs()] == [remote.job_id]
    job.refresh_from_db()
    assert job.remote_job_id == remote.job_id
    call_command("verify_audit", stdout=StringIO())


@rehearsed
def test_after_a_restore_everyone_signs_in_again_and_the_history_says_why(
    bob: User, workspace: Workspace, client_of: Callable[[User], Client]
) -> None:
    client = client_of(bob)
    before = chain.head()
    told = StringIO()

    call_command("after_restore", stdout=told)

    assert told.getvalue().startswith("0 imports that waited")
    assert client.get("/jobs/").status_code == 302
    assert not Session.objects.exists()
    event = AuditEvent.objects.get(verb=Verb.HISTORY_RESTORED)
    assert f'"up_to":{before.seq}' in event.canonical


@rehearsed
def test_a_backup_is_for_its_owner_alone_and_says_what_it_holds(
    bob: User, workspace: Workspace, tmp_path: Path
) -> None:
    submit(bob, workspace)
    directory = tmp_path / "new"

    file, told = backup(directory)

    head = chain.head()
    assert f"Its history reaches event {head.seq}, hash {head.hash}." in told
    assert f"in {file.stat().st_size} bytes" in told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert [path.name for path in directory.iterdir()] == [file.name]


@rehearsed
def test_it_keeps_so_many(workspace: Workspace, tmp_path: Path) -> None:
    suffix = {"sqlite": "sqlite3", "postgresql": "dump"}[connection.vendor]
    for day in (1, 2, 3):
        (tmp_path / f"import-desk-2026010{day}T000000Z.{suffix}").touch()
    (tmp_path / "notes.txt").touch()

    file, _told = backup(tmp_path, "--keep", "2")

    kept = {f"import-desk-20260103T000000Z.{suffix}", file.name, "notes.txt"}
    assert {path.name for path in tmp_path.iterdir()} == kept


@rehearsed
def test_a_backup_that_fails_leaves_nothing_and_removes_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "absent"))
    older = tmp_path / "import-desk-20260101T000000Z.dump"
    older.touch()

    with pytest.raises(CommandError, match="No backup was made"):
        call_command("backup", str(tmp_path), "--keep", "1")

    assert list(tmp_path.iterdir()) == [older]


def test_it_refuses_to_keep_less_than_none(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="0 or more"):
        call_command("backup", str(tmp_path), "--keep", "-1")
