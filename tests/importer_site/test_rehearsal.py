"""`python -m importer_site.rehearsal` plays a small day, on records of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.running import ROOT

# An installation in earnest, whose environment the operator has: nothing of it may be touched.
IN_EARNEST = {
    "DASHSCOPE_API_KEY": "sk-in-earnest",
    "DASHSCOPE_BASE_URL": "https://dashscope.aliyuncs.com",
    "DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3",
    "SECRET_KEY": "",
}
SMALL = ("--workspaces", "2", "--people", "2", "--submissions", "24", "--pages", "10")


def rehearse(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(home), **IN_EARNEST}
    command = [sys.executable, "-m", "importer_site.rehearsal", *SMALL, *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_a_day_ends_with_every_job_ended_and_the_history_whole(tmp_path: Path) -> None:
    done = rehearse("--minutes", "0.02", home=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "answers: 10 page: 200, 24 submission: 201" in done.stdout
    assert "24 create" in done.stdout
    assert "after the day: 0" in done.stdout
    assert ": whole" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_it_takes_no_sqlite_file_of_somebody_else(tmp_path: Path) -> None:
    done = rehearse("--database", "sqlite:///desk.sqlite3", home=tmp_path)

    assert done.returncode == 2
    assert "there is a SQLite file of its own" in done.stderr
