"""Named faults, planned for the next requests or for all."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

CALLS = ("create", "get", "list", "delete")

# Each name with what the client meets. Those of the second table spoil an honest answer, so the
# call is always acted on first; those of the third change the rows of a list.
DETACHED = {
    "hang": "silence until the test releases it or the client leaves, which ends the request",
    "slow": "silence for `seconds` or until released; then it goes on, the client there or not",
    "reset": "a TCP reset",
    "close": "the connection closed without an answer",
    "envelope": "the API's flat error (`status` 500, `code`, `message`); 200 is allowed",
    "nested_error": "the OpenAI-like error of the same host (`status` 400, `code`, `message`)",
    "throttled": "429 Throttling.RateQuota with `Retry-After: <seconds>`",
    "html": "a gateway's HTML page (`status` 502); 200 is allowed",
    "empty": "a `status` (200) without a body",
    "redirect": "a redirect (`status` 307) to the same address",
    "garbage": "bytes that are no HTTP",
    "many_headers": "200 headers, more than an HTTP client takes",
    "long_header": "one header of 100,000 bytes",
    "endless": "a body that goes on until the client leaves",
}
SPOILING = {
    "truncated": "a body shorter than its Content-Length",
    "truncated_chunks": "a chunked body without its end",
    "reset_amid_body": "a TCP reset after half the body",
    "broken_gzip": "a body that claims to be gzip and is not",
    "unreadable": "half the JSON under a right Content-Length",
    "no_job_id": "the answer without its job_id",
    "no_request_id": "the answer without its request id, in body and header",
    "drip": "the body one byte every `seconds` (never without), the rest at once when released",
}
LISTING = {
    "row_added": "before a later page a job is made elsewhere, so a row shows twice",
    "row_removed": "before a later page the newest ended job from elsewhere is deleted, so a row "
    "is skipped",
    "repeated_rows": "the first row of each page twice",
    "unknown_status": "`status_word` in place of every row's status",
    "sparse_rows": "rows with job_id and status alone",
}
KINDS = DETACHED | SPOILING | LISTING
SHIFTING = frozenset({"row_added", "row_removed"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, with which requests.

    `call` None means any of the four. `accepted` says whether the API acts on the request before
    the fault strikes, as a real one may. `times` None means every time until cleared. `aimed_at`
    is a part of the display name, object key or job id of a create, get or delete; `page` a list
    page. The other fields are for the kinds that name them. Raises ValueError when that makes no
    sense.
    """

    kind: str
    call: str | None = None
    accepted: bool = False
    times: int | None = 1
    aimed_at: str = ""
    page: int | None = None
    status: int | None = None
    code: str = ""
    message: str = ""
    seconds: float | None = None
    status_word: str = "QUEUING"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no fault '{self.kind}', only {', '.join(KINDS)}.")
        if self.call not in (None, *CALLS):
            raise ValueError(f"There is no call '{self.call}', only {', '.join(CALLS)}.")
        if self.kind in LISTING and self.call != "list":
            raise ValueError(f"The fault '{self.kind}' is for call='list' alone.")
        if self.page is not None and self.call != "list":
            raise ValueError("Only the list call has pages.")

    @property
    def acts_first(self) -> bool:
        """Whether the API acts on the request before the fault strikes."""
        return self.accepted or self.kind not in DETACHED

    def strikes(self, call: str, page: int | None, texts: Sequence[str]) -> bool:
        """Whether a request of this call, list page and these texts is meant."""
        if self.call not in (None, call) or call not in CALLS:
            return False
        if self.page is not None and page != self.page:
            return False
        if self.kind in SHIFTING and (page or 1) < 2:
            return False
        return not self.aimed_at or any(self.aimed_at in text for text in texts)


class PlannedFault:
    """A fault in the plan: how often it may still strike, did strike, and what it holds back."""

    def __init__(self, number: int, fault: Fault) -> None:
        self.number = number
        self.fault = fault
        self.left = fault.times
        self.struck = 0
        self.released = threading.Event()
        self.withdrawn = False


class FaultPlan:
    """The faults to come, first planned first; thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._planned: dict[int, PlannedFault] = {}

    def add(self, fault: Fault) -> int:
        """Plan a fault; its number."""
        with self._changed:
            planned = PlannedFault(next(self._numbers), fault)
            self._planned[planned.number] = planned
            return planned.number

    def take(self, call: str, page: int | None, texts: Sequence[str]) -> PlannedFault | None:
        """The first planned fault that is meant for such a request, used up by one."""
        with self._changed:
            for planned in self._planned.values():
                if planned.left != 0 and planned.fault.strikes(call, page, texts):
                    if planned.left is not None:
                        planned.left -= 1
                    return planned
            return None

    def strike(self, planned: PlannedFault) -> None:
        """Note that the fault takes hold now: what is to be accepted before it has been."""
        with self._changed:
            planned.struck += 1
            self._changed.notify_all()

    def wait_for(self, number: int, at_least: int, timeout_seconds: float) -> int:
        """How often the fault has struck, as soon as that is `at_least`.

        Raises KeyError for a number that isn't planned, TimeoutError after `timeout_seconds`.
        """
        with self._changed:
            planned = self._planned[number]
            if not self._changed.wait_for(lambda: planned.struck >= at_least, timeout_seconds):
                raise TimeoutError(
                    f"The fault '{planned.fault.kind}' struck {planned.struck} times."
                )
            return planned.struck

    def release(self, number: int) -> None:
        """Let what the fault holds back go on, now and from now on.

        Raises KeyError for a number that isn't planned.
        """
        with self._changed:
            self._planned[number].released.set()

    def clear(self) -> None:
        """Plan nothing any more; what is held back ends without an answer, not acted on."""
        with self._changed:
            for planned in self._planned.values():
                planned.withdrawn = True
                planned.released.set()
            self._planned.clear()


class Controls(Protocol):
    """What a FaultHandle asks of a simulator, here or in another process."""

    def wait_for_fault(self, number: int, at_least: int, timeout_seconds: float) -> int: ...

    def release_fault(self, number: int) -> None: ...


@dataclass(frozen=True)
class FaultHandle:
    """A planned fault in the hands of a test."""

    controls: Controls
    number: int

    def wait_until_struck(self, at_least: int = 1, *, timeout_seconds: float = 10.0) -> int:
        """How often the fault has taken hold, as soon as that is `at_least`.

        Raises TimeoutError after `timeout_seconds`.
        """
        return self.controls.wait_for_fault(self.number, at_least, timeout_seconds)

    def release(self) -> None:
        """Let the requests that hang, wait or drip go on."""
        self.controls.release_fault(self.number)
