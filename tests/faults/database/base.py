"""SQLite as Django uses it, with a disk that can fail at a stated step.

Nothing is imitated: a file named `read_only` or `full` in FAULTS_DIRECTORY sets SQLite's own
limits on each connection, and FAULTS_DEATH (`{"at": regex, "moment": …}`) ends this process by
SIGKILL before or after the first statement that fits, or before or after its commit.
"""

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

MOMENTS = ("before", "after", "before its commit", "after its commit")
NO_LIMIT = 1073741823  # SQLite's own default for max_page_count


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite under the faults that the environment names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        directory = os.environ.get("FAULTS_DIRECTORY")
        self._directory = Path(directory) if directory else None
        death = json.loads(os.environ.get("FAULTS_DEATH", "null"))
        self._dies_at = re.compile(death["at"]) if death else None
        self._moment = death["moment"] if death else ""
        self._dying = False
        self._limits: tuple[bool, bool] = (False, False)
        self.execute_wrappers.append(self._execute_under_faults)

    def connect(self) -> None:
        """Open the connection, on which no limit is set yet."""
        super().connect()
        self._limits = (False, False)

    def _execute_under_faults(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self._set_limits()
        fits = self._dies_at is not None and self._dies_at.search(sql) is not None
        if fits and self._moment == "before":
            _die()
        result = execute(sql, params, many, context)
        if fits and self._moment == "after":
            _die()
        self._dying = self._dying or fits
        return result

    def _commit(self) -> Any:
        if self._dying and self._moment == "before its commit":
            _die()
        result = super()._commit()
        if self._dying and self._moment == "after its commit":
            _die()
        return result

    def _rollback(self) -> Any:
        self._dying = False
        return super()._rollback()

    def _set_limits(self) -> None:
        if self._directory is None or self.connection is None:
            return
        wanted = ((self._directory / "read_only").exists(), (self._directory / "full").exists())
        if wanted == self._limits:
            return
        read_only, full = wanted
        self.connection.execute(f"PRAGMA query_only = {int(read_only)}")
        # A limit below what there is means no page more.
        self.connection.execute(f"PRAGMA max_page_count = {1 if full else NO_LIMIT}")
        self._limits = wanted
