"""Plays scenarios, each in a process and a directory of its own, and gathers their rows."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.faults.environment import scenario_environment
from tests.faults.processes import ROOT

LONGEST_SECONDS = 900


def prepare(template: Path) -> None:
    """Migrate one empty database, of which each scenario gets a copy."""
    template.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=scenario_environment(template),
        check=True,
    )


def play(name: str, *, rounds: int, seed: int, template: Path, directory: Path) -> dict[str, Any]:
    """Play one scenario in `directory`; its row, breaches included."""
    shutil.copytree(template, directory)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.faults.play", name),
            *("--rounds", str(rounds), "--seed", str(seed), "--directory", str(directory)),
        ],
        cwd=ROOT,
        env=scenario_environment(directory),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )
    if done.returncode:
        return {"name": name, "rounds": rounds, "breaches": [done.stderr[-4000:]]}
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def play_all(names: list[str], *, rounds: int, seed: int, at_once: int) -> Iterator[dict[str, Any]]:
    """Play several, `at_once` side by side; their rows as they come.

    What a scenario with breaches left behind is kept, and its row says where.
    """
    base = Path(tempfile.mkdtemp(prefix="faults-"))
    template = base / "template"
    prepare(template)
    with ThreadPoolExecutor(at_once) as pool:
        plays = {
            pool.submit(
                play,
                name,
                rounds=rounds,
                seed=seed,
                template=template,
                directory=base / name.replace(" ", "-"),
            ): name
            for name in names
        }
        for played in as_completed(plays):
            row = played.result()
            directory = base / plays[played].replace(" ", "-")
            if row["breaches"]:
                row["breaches"].append(f"kept in {directory}")
            else:
                shutil.rmtree(directory)
            yield row
    shutil.rmtree(template)
    if not any(base.iterdir()):
        base.rmdir()
