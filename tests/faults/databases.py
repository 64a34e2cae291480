"""Where the scenarios keep their records: SQLite files, or databases of one PostgreSQL."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import environ

from tests.faults.environment import scenario_environment
from tests.running import ROOT

SQLITE = "desk.sqlite3"


class SQLiteFiles:
    """A file for each scenario, a copy of one that was migrated."""

    def __init__(self, directory: Path) -> None:
        self._template = directory / "template.sqlite3"
        _migrate(directory, f"sqlite:///{self._template}")
        with sqlite3.connect(self._template) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def new(self, directory: Path) -> str:
        """The address of a new database for the scenario that plays in `directory`."""
        shutil.copy(self._template, directory / SQLITE)
        return f"sqlite:///{directory / SQLITE}"

    def forget(self, url: str) -> None:
        """The file goes with its directory."""


class PostgreSQL:
    """A database for each scenario, a copy of one that was migrated."""

    def __init__(self, directory: Path, url: str) -> None:
        self._server = environ.Env.db_url_config(url)
        self._prefix = url.rsplit("/", 1)[0]
        self._template = directory.name.replace("-", "_").lower()
        self._number = 0
        self._run(f'CREATE DATABASE "{self._template}"')
        _migrate(directory, f"{self._prefix}/{self._template}")

    def new(self, directory: Path) -> str:
        """The address of a new database for the scenario that plays in `directory`."""
        name = f"{self._template}_{directory.name.replace('-', '_')}"[:63]
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        return f"{self._prefix}/{name}"

    def forget(self, url: str) -> None:
        """Drop it."""
        self._run(f'DROP DATABASE "{url.rsplit("/", 1)[1]}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        import psycopg

        names = {"host": "HOST", "user": "USER", "dbname": "NAME", "password": "PASSWORD"}
        address = {name: self._server[key] for name, key in names.items() if self._server[key]}
        with psycopg.connect(**address, autocommit=True) as connection:
            connection.execute(statement)


Databases = SQLiteFiles | PostgreSQL


def databases(directory: Path, url: str) -> Databases:
    """Databases of the PostgreSQL that the address names, else files."""
    return PostgreSQL(directory, url) if url.startswith("postgres") else SQLiteFiles(directory)


def _migrate(directory: Path, url: str) -> None:
    environment: dict[str, Any] = scenario_environment(directory, url)
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
