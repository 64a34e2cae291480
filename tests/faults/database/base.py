"""SQLite as Django uses it, with a disk that can fail at a stated step.

Nothing is imitated: a file named `read_only` or `full` in FAULTS_DIRECTORY sets SQLite's own
limits on each connection, and FAULTS_SIGNAL (`{"at": regex, "moment": …, "signal": …}`) gives this
process a signal, SIGKILL or SIGSTOP, before or after the first statement that fits, or before or
after its commit.
"""

import json
import os
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

NO_LIMIT = 1073741823  # SQLite's own default for max_page_count


class _Signal:
    """What the environment says of it; given once in the life of the process."""

    def __init__(self) -> None:
        planned = json.loads(os.environ.get("FAULTS_SIGNAL", "null"))
        self._at = re.compile(planned["at"]) if planned else None
        self._moment = planned["moment"] if planned else ""
        self._signal = planned["signal"] if planned else ""
        self._lock = threading.Lock()

    def fits(self, sql: str) -> bool:
        return self._at is not None and self._at.search(sql) is not None

    def give(self, moment: str) -> None:
        if moment != self._moment:
            return
        with self._lock:
            self._moment = ""
            os.kill(os.getpid(), signal.Signals[self._signal])


SIGNAL = _Signal()


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite under the faults that the environment names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        directory = os.environ.get("FAULTS_DIRECTORY")
        self._directory = Path(directory) if directory else None
        self._awaits_commit = False
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
        fits = SIGNAL.fits(sql)
        if fits:
            SIGNAL.give("before")
        result = execute(sql, params, many, context)
        if fits:
            SIGNAL.give("after")
            self._awaits_commit = True
        return result

    def _commit(self) -> Any:
        if self._awaits_commit:
            SIGNAL.give("before its commit")
        result = super()._commit()
        if self._awaits_commit:
            SIGNAL.give("after its commit")
        return result

    def _rollback(self) -> Any:
        self._awaits_commit = False
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
