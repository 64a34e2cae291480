"""The environment of the campaign's processes: nothing of the developer's own comes in."""

import os
from pathlib import Path

# What stands before the dot names the workspace, which is that of jobs made elsewhere.
API_KEY = "sk-simulator.faults-0f1e2d3c4b5a69788796a5b4c3d2e1f0"
# What the workers are called in PostgreSQL's list of connections.
WORKERS = "import-desk-worker"
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
    "ENV_FILE": "",
    "SECRET_KEY": "the-fault-campaign-uses-this-key-which-protects-nothing",
    "DASHSCOPE_CONNECT_TIMEOUT_SECONDS": "0.8",
    "DASHSCOPE_READ_TIMEOUT_SECONDS": "0.6",
    "LEASE_SECONDS": "4",
    "SETTLE_PERIOD_SECONDS": "3",
    "FOLLOW_INTERVAL_SECONDS": "0.4",
    "DISCOVER_INTERVAL_SECONDS": "0.4",
    "SEND_RETRY_SECONDS": "120",
    "LOG_LEVEL": "WARNING",
}


def scenario_environment(directory: Path, database_url: str) -> dict[str, str]:
    """For the process that plays a scenario in `directory`: the database, and no key."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "VAR_DIR": str(directory),
        "DATABASE_URL": database_url,
        **SETTINGS,
    }


def worker_environment(directory: Path, base_url: str, **changes: str) -> dict[str, str]:
    """For a worker of that scenario: the way to DashScope, the key, and the faults to come."""
    return (
        scenario_environment(directory, os.environ["DATABASE_URL"])
        | {
            "DASHSCOPE_API_KEY": API_KEY,
            "DASHSCOPE_BASE_URL": base_url,
            "FAULTS_DIRECTORY": str(directory),
            "PGAPPNAME": WORKERS,
        }
        | changes
    )
