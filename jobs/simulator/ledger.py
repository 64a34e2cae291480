"""What was really received, whatever the client believes."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ReceivedRequest:
    """One request as it arrived, and what became of it.

    `call` is create, get, list, delete or other. `headers` keep their order and, over the
    simulator's own socket, their case; a digest stands in place of the key. `received_at` is in
    seconds since 1970 by the simulator's clock. `job_id` is the job that the request created or
    deleted, and None when it did neither, even if the answer claimed otherwise. `status` is the
    HTTP number that was given to the way back, None when none was.
    """

    number: int
    call: str
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_at: float
    job_id: str | None = None
    fault: str | None = None
    status: int | None = None

    def json(self) -> Any:
        """The body as JSON.

        Raises ValueError when it is none.
        """
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Ledger:
    """Every request since the start or the last `clear`; thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: dict[int, ReceivedRequest] = {}
        self._number = 0

    def record(
        self,
        *,
        call: str,
        method: str,
        path: str,
        query: str,
        headers: tuple[tuple[str, str], ...],
        body: bytes,
        received_at: float,
    ) -> ReceivedRequest:
        """Enter a request before anything is done about it."""
        with self._changed:
            self._number += 1
            request = ReceivedRequest(
                number=self._number,
                call=call,
                method=method,
                path=path,
                query=query,
                headers=headers,
                body=body,
                received_at=received_at,
            )
            self._requests[request.number] = request
            self._changed.notify_all()
            return request

    def note(
        self,
        request: ReceivedRequest,
        *,
        job_id: str | None = None,
        fault: str | None = None,
        status: int | None = None,
    ) -> None:
        """Add what became of a request; one that was cleared meanwhile stays cleared."""
        with self._changed:
            entry = self._requests.get(request.number)
            if entry is not None:
                self._requests[request.number] = replace(
                    entry,
                    job_id=job_id or entry.job_id,
                    fault=fault or entry.fault,
                    status=status or entry.status,
                )
                self._changed.notify_all()

    def requests(
        self, *, call: str | None = None, accepted: bool | None = None
    ) -> list[ReceivedRequest]:
        """The requests of one call, or of all, in the order of arrival.

        `accepted` picks those that did create or delete a job (True) or did not (False).
        """
        with self._changed:
            return [
                request
                for request in self._requests.values()
                if call in (None, request.call) and accepted in (None, request.job_id is not None)
            ]

    def calls(self) -> dict[str, int]:
        """How many requests of each call came, and how many of the lists began at page one."""
        with self._changed:
            counts = Counter(request.call for request in self._requests.values())
            lists = [r for r in self._requests.values() if r.call == "list"]
            counts["list from its first page"] = sum(_is_first_page(r.query) for r in lists)
            return dict(counts)

    def wait_for(
        self,
        at_least: int,
        *,
        call: str | None = None,
        accepted: bool | None = None,
        timeout_seconds: float = 10.0,
    ) -> list[ReceivedRequest]:
        """The same, as soon as there are `at_least` of them.

        Raises TimeoutError when that takes longer than `timeout_seconds`.
        """

        def enough() -> bool:
            return len(self.requests(call=call, accepted=accepted)) >= at_least

        with self._changed:
            if not self._changed.wait_for(enough, timeout_seconds):
                raise TimeoutError(f"Fewer than {at_least} such requests came.")
            return self.requests(call=call, accepted=accepted)

    def clear(self) -> None:
        """Forget every request; numbers go on, so that none is given twice."""
        with self._changed:
            self._requests.clear()


def _is_first_page(query: str) -> bool:
    return urllib.parse.parse_qs(query).get("page_no", ["1"]) == ["1"]
