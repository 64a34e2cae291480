"""Imports point down, and each process loads what it needs."""

import os
import subprocess
import sys
from pathlib import Path

from tests.house.reading import ROOT


def test_imports_point_down() -> None:
    # In a process of its own: it sets up logging for itself and would leave it so.
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_pages_load_nothing_that_calls_others_and_open_nothing_before_the_fork() -> None:
    loaded = (
        "import sys, tests.settings, django; django.setup(); import importer_site.wsgi;"
        "import threading; from django.db import connection;"
        "print(connection.connection, threading.active_count());"
        "print(sorted({'jobs.views', 'requests', 'jobs.services.sending'} & set(sys.modules)))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert done.stdout == "None 1\n['jobs.views']\n", done.stderr
