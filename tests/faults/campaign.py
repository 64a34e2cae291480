"""Plays scenarios, each in a process, a directory and a database of its own."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.faults.databases import Databases, databases
from tests.faults.environment import scenario_environment
from tests.running import ROOT

LONGEST_SECONDS = 900


class Campaign:
    """A place to play in, with databases at the address, or in files without one."""

    def __init__(self, url: str = "") -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="faults-"))
        self._databases: Databases = databases(self.directory, url)

    def play(self, name: str, *, rounds: int, seed: int) -> dict[str, Any]:
        """Play one scenario; its row, breaches included, and where it left what it wrote."""
        directory = self.directory / name.replace(" ", "-")
        directory.mkdir()
        url = self._databases.new(directory)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.faults.play", name),
                *("--rounds", str(rounds), "--seed", str(seed), "--directory", str(directory)),
            ],
            cwd=ROOT,
            env=scenario_environment(directory, url),
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
        )
        row: dict[str, Any] = {"name": name, "rounds": rounds, "breaches": [done.stderr[-4000:]]}
        if done.returncode == 0:
            row = json.loads(done.stdout)
        if row["breaches"]:
            row["breaches"].append(f"kept in {directory} and {url}")
        else:
            self._databases.forget(url)
            shutil.rmtree(directory)
        return row

    def play_all(
        self, names: list[str], *, rounds: int, seed: int, at_once: int
    ) -> Iterator[dict[str, Any]]:
        """Play several, `at_once` side by side; their rows as they come."""
        with ThreadPoolExecutor(at_once) as pool:
            plays = [pool.submit(self.play, name, rounds=rounds, seed=seed) for name in names]
            for played in as_completed(plays):
                yield played.result()

    def close(self) -> None:
        """Leave nothing behind but what scenarios with breaches wrote."""
        if not any(path.is_dir() for path in self.directory.iterdir()):
            shutil.rmtree(self.directory)
