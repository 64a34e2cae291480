"""Imports point down."""

import subprocess
import sys
from pathlib import Path

from tests.house.reading import ROOT


def test_imports_point_down() -> None:
    # In a process of its own: it sets up logging for itself and would leave it so.
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout
