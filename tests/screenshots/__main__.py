"""`python -m tests.screenshots [DIRECTORY]`; see the package."""

import os
import sys
import tempfile
from pathlib import Path

import django

from jobs.simulator import SIMULATOR_KEY, Simulator

SETTINGS = {
    "ENV_FILE": "",
    "DEMO": "true",
    "DASHSCOPE_API_KEY": SIMULATOR_KEY,
    "SECRET_KEY": "pictures-alone-use-this-key-which-protects-nothing",
    "DJANGO_SETTINGS_MODULE": "importer_site.settings",
    "LOG_LEVEL": "ERROR",
    # Long enough for an unanswered create to stay unanswered while pictures are taken.
    "DASHSCOPE_READ_TIMEOUT_SECONDS": "1800",
    "LEASE_SECONDS": "3600",
    "SETTLE_PERIOD_SECONDS": "7200",
}


def main(directory: Path) -> None:
    """Make the settings of a desk of its own, and take the pictures there."""
    with tempfile.TemporaryDirectory(prefix="import-desk-") as var_dir, Simulator() as simulator:
        # Jobs and history name the simulator's address, so it has to stay the same.
        (Path(var_dir) / "simulator_port").write_text(str(simulator.port), encoding="ascii")
        address = {"VAR_DIR": var_dir, "DASHSCOPE_BASE_URL": simulator.base_url}
        simulator.stop()
        os.environ |= SETTINGS | address
        django.setup()
        from tests.screenshots import taking  # not before there are settings

        taking.take_all(Path(var_dir), directory)


if __name__ == "__main__":
    named = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="import-desk-pictures-")
    main(Path(named))
