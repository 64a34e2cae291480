"""One call while it lasts: its deadline, the socket it uses, and how often its request left."""

import contextlib
import os
import socket
import time
from contextvars import ContextVar
from dataclasses import dataclass
from math import isfinite
from threading import Lock, Timer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Timeouts:
    """How long a call may wait, in seconds. Raises ValueError unless each is finite and above 0."""

    connect_seconds: float
    """For the name, and again for each address tried; then for the TLS handshake."""
    read_seconds: float
    """Between two pieces of the answer."""
    total_seconds: float
    """For the whole call: a read's second try and an answer that drips included."""

    def __post_init__(self) -> None:
        seconds = (self.connect_seconds, self.read_seconds, self.total_seconds)
        if not all(isfinite(value) and value > 0 for value in seconds):
            raise ValueError("Each timeout must be a finite number of seconds above zero.")


class Call:
    """Ends the call when its time is up, by shutting down the socket under whoever waits on it.

    A read timeout counts only between two bytes, so a peer that drips a byte at a time holds it
    off for ever, in a header, a body or a TLS handshake alike. A shutdown wakes all of them.
    """

    def __init__(self, timeouts: Timeouts, ends_at: float | None = None) -> None:
        """The time is up after `timeouts.total_seconds`, or at `ends_at` by time.monotonic()."""
        now = time.monotonic()
        self.connected = False
        self.requests_sent = 0
        self._timeouts = timeouts
        self._ends_at = now + timeouts.total_seconds
        if ends_at is not None:
            self._ends_at = min(self._ends_at, ends_at)
        self._lock = Lock()
        self._line: socket.socket | None = None
        self._timer = Timer(max(self._ends_at - now, 0.0), self._expire)
        self._timer.daemon = True

    @staticmethod
    def current() -> "Call":
        """The call that this thread is making."""
        return _current.get()

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed, by the clock: the timer may be a moment late."""
        return time.monotonic() >= self._ends_at

    def connect_seconds(self) -> float:
        """How long the next step of connecting may take; 0 when the deadline has passed."""
        remaining = self._ends_at - time.monotonic()
        return max(min(self._timeouts.connect_seconds, remaining), 0.0)

    def watch(self, line: socket.socket) -> None:
        """Make this the socket to shut down when the time is up, or now if it is up already."""
        with self._lock:
            self.connected = True
            self._release()
            # A duplicate, because TLS takes the descriptor away from the plain socket object,
            # and because the original may be closed, and its number reused, at any moment.
            self._line = socket.socket(fileno=os.dup(line.fileno()))
            if self.expired:
                self._shut_down()

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._release()
        _current.reset(self._token)

    def _expire(self) -> None:
        with self._lock:
            self._shut_down()

    def _shut_down(self) -> None:
        if self._line is not None:
            # The other side may have closed first.
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


_current: ContextVar[Call] = ContextVar("call")
