"""Waiting for what other processes and threads do."""

import threading
import time
from collections.abc import Callable


class Overdue(AssertionError):
    """Something that had to happen did not happen in time."""


def until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Come back as soon as the condition holds; raises Overdue after `seconds`."""
    ends_at = time.monotonic() + seconds
    never = threading.Event()
    while not condition():
        if time.monotonic() > ends_at:
            raise Overdue(f"not within {seconds:.0f} s: {what}")
        never.wait(0.03)
