"""`manage.py export_audit`."""

import json
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jobs.management.commands import export_audit
from jobs.models import User, Workspace
from jobs.services import exports_verifier
from tests.audit.histories import make_history


@pytest.fixture(autouse=True)
def _history(workspace: Workspace, alice: User) -> None:
    make_history(workspace, alice)


def test_it_writes_a_zip_that_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_audit, "PROGRESS_SECONDS", 0.0)
    path, out, err = tmp_path / "history.zip", StringIO(), StringIO()

    call_command(
        "export_audit", "--workspace", "main", "--output", str(path), stdout=out, stderr=err
    )

    assert exports_verifier.main([str(path)]) == 0
    assert json.loads(zipfile.ZipFile(path).read("manifest.json"))["filters"] == {
        "workspace": "main"
    }
    assert f"{path} holds the history up to event " in out.getvalue()
    assert " events" in err.getvalue()
    assert [found.name for found in tmp_path.iterdir()] == ["history.zip"]


def test_it_filters_as_the_page_does(tmp_path: Path) -> None:
    path = tmp_path / "history.zip"

    call_command(
        "export_audit",
        *("--verb", "job.submitted", "--verb", "guard.overridden", "--person", "alice"),
        *("--since", "2020-01-01", "--output", str(path)),
        stdout=StringIO(),
    )

    assert json.loads(zipfile.ZipFile(path).read("manifest.json"))["shown"] == 2


@pytest.mark.parametrize(
    ("option", "value"),
    [("--workspace", "other"), ("--since", "soon"), ("--verb", "job.sung"), ("--job", "x")],
)
def test_it_refuses_filters_that_mean_nothing(tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(CommandError, match=option.removeprefix("--")):
        call_command("export_audit", option, value, "--output", str(tmp_path / "a.zip"))


def test_it_leaves_nothing_half_done_behind(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_audit", "--output", str(tmp_path / "missing" / "a.zip"))

    assert list(tmp_path.iterdir()) == []
