"""The simulator's own clock, which tests push instead of waiting."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class Clock:
    """The real time plus what was pushed, in seconds since 1970; it never runs backwards.

    A life that has reached RUNNING must not fall back to PENDING because somebody set the
    machine's clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pushed_seconds = 0.0
        self._frozen_at: float | None = None
        self._latest = 0.0
        self._skew_seconds = 0.0

    def now(self) -> float:
        """The time by which jobs live, in seconds since 1970."""
        with self._lock:
            return self._now()

    def shown_at(self, moment: float) -> datetime:
        """What answers say of a moment by `now`: the skew added, in UTC."""
        with self._lock:
            return datetime.fromtimestamp(moment + self._skew_seconds, UTC)

    def push(self, seconds: float) -> None:
        """Let `seconds` pass at once, frozen or not.

        Raises ValueError when `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError("The clock can only be pushed forwards.")
        with self._lock:
            if self._frozen_at is None:
                self._pushed_seconds += seconds
            else:
                self._frozen_at += seconds

    def freeze(self) -> None:
        """Stop the clock; only `push` moves it until `thaw`."""
        with self._lock:
            self._frozen_at = self._now()

    def thaw(self) -> None:
        """Let a frozen clock run on from where it stands."""
        with self._lock:
            if self._frozen_at is not None:
                self._pushed_seconds = self._frozen_at - time.time()
                self._frozen_at = None

    def set_skew(self, seconds: float) -> None:
        """Make the `Date` header and `gmt_create` of later answers wrong by `seconds`."""
        with self._lock:
            self._skew_seconds = seconds

    def reset(self) -> None:
        """Return to the real time, running, without a skew."""
        with self._lock:
            self._pushed_seconds = self._latest = self._skew_seconds = 0.0
            self._frozen_at = None

    @property
    def pushed_seconds(self) -> float:
        """How far the clock is ahead of the real time, in seconds."""
        with self._lock:
            return self._now() - time.time()

    def _now(self) -> float:
        current = time.time() + self._pushed_seconds
        self._latest = max(self._latest, current if self._frozen_at is None else self._frozen_at)
        return self._latest
