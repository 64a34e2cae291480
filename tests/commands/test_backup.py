"""`manage.py backup`: one file, whole, for its owner alone."""

import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from jobs.models import User, Workspace
from jobs.services import chain
from tests.rehearsing import backup, path, submit

rehearsed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _postgresql_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", path())


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
