"""The controls of a simulator that runs in another process."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Iterable
from typing import Any

from jobs.simulator.control import PREFIX, unpacked
from jobs.simulator.faults import FaultHandle
from jobs.simulator.ledger import ReceivedRequest
from jobs.simulator.lives import Job

ANSWER_SECONDS = 10.0


class SimulatorControl:
    """The methods of Simulator by its address; each raises ConnectionError when it is not there.

    What Simulator raises as KeyError, TypeError or ValueError arrives here as ValueError.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._address = urllib.parse.urlsplit(base_url).netloc
        self.clock = RemoteClock(self)

    def ask(self, name: str, *, patience_seconds: float = 0.0, **arguments: Any) -> Any:
        """Run one control; `patience_seconds` is added to the time an answer may take.

        Raises TimeoutError when a wait ends without its event, ValueError when it is refused.
        """
        connection = http.client.HTTPConnection(
            self._address, timeout=ANSWER_SECONDS + patience_seconds
        )
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", PREFIX + name, json.dumps(arguments), headers)
            response = connection.getresponse()
            content = json.load(response)
        finally:
            connection.close()
        if response.status == http.HTTPStatus.REQUEST_TIMEOUT:
            raise TimeoutError(content)
        if response.status != http.HTTPStatus.OK:
            raise ValueError(content)
        return content

    def fault(self, kind: str, **options: Any) -> FaultHandle:
        """Plan a fault; `options` are the fields of `jobs.simulator.faults.Fault`."""
        return FaultHandle(self, self.ask("fault", kind=kind, **options))

    def wait_for_fault(self, number: int, at_least: int, timeout_seconds: float) -> int:
        """How often a planned fault has struck, as soon as that is `at_least`."""
        struck: int = self.ask(
            "wait_for_fault",
            number=number,
            at_least=at_least,
            timeout_seconds=timeout_seconds,
            patience_seconds=timeout_seconds,
        )
        return struck

    def release_fault(self, number: int) -> None:
        """Let what a planned fault holds back go on."""
        self.ask("release_fault", number=number)

    def clear_faults(self) -> None:
        """Plan nothing any more; what is held back ends without an answer, not acted on."""
        self.ask("clear_faults")

    def requests(
        self, *, call: str | None = None, accepted: bool | None = None
    ) -> list[ReceivedRequest]:
        """What was received, in the order of arrival; `accepted` means it made or deleted a job."""
        return unpacked(self.ask("requests", call=call, accepted=accepted))

    def calls(self) -> dict[str, int]:
        """How many requests of each call came, and how many of the lists began at page one."""
        counts: dict[str, int] = self.ask("calls")
        return counts

    def wait_for_requests(
        self,
        at_least: int,
        *,
        call: str | None = None,
        accepted: bool | None = None,
        timeout_seconds: float = 10.0,
    ) -> list[ReceivedRequest]:
        """The same, as soon as there are `at_least` of them; TimeoutError otherwise."""
        return unpacked(
            self.ask(
                "wait_for_requests",
                at_least=at_least,
                call=call,
                accepted=accepted,
                timeout_seconds=timeout_seconds,
                patience_seconds=timeout_seconds,
            )
        )

    def add_foreign_job(self, **row: Any) -> str:
        """Add one job made elsewhere; its job id. `row` as in `add_foreign_jobs`."""
        return self.add_foreign_jobs([row])[0]

    def add_foreign_jobs(self, rows: Iterable[dict[str, Any]]) -> list[str]:
        """Add jobs made elsewhere with the same workspace's key; their job ids.

        The fields of a row are those of `World.add_foreign_jobs`.
        """
        job_ids: list[str] = self.ask("add_foreign_jobs", rows=list(rows))
        return job_ids

    def set_status(self, job_id: str, status: str, *, error_code: str | None = None) -> None:
        """End a job's life at any status word."""
        self.ask("set_status", job_id=job_id, status=status, error_code=error_code)

    def remove_job(self, job_id: str) -> None:
        """Make a job vanish whatever its status, as if somebody deleted it elsewhere."""
        self.ask("remove_job", job_id=job_id)

    def jobs(self) -> list[tuple[Job, str]]:
        """Every job that exists with its status, in the order of acceptance."""
        return [(Job(**row), status) for row, status in self.ask("jobs")]

    def reset(self) -> None:
        """Start afresh: no jobs, faults or requests, and the real time."""
        self.ask("reset")


class RemoteClock:
    """The methods of Clock that tests use."""

    def __init__(self, control: SimulatorControl) -> None:
        self._control = control

    def now(self) -> float:
        """The time by which jobs live, in seconds since 1970."""
        moment: float = self._control.ask("now")
        return moment

    def push(self, seconds: float) -> None:
        """Let `seconds` pass at once, frozen or not; ValueError when negative."""
        self._control.ask("push", seconds=seconds)

    def freeze(self) -> None:
        """Stop the clock; only `push` moves it until `thaw`."""
        self._control.ask("freeze")

    def thaw(self) -> None:
        """Let a frozen clock run on from where it stands."""
        self._control.ask("thaw")

    def set_skew(self, seconds: float) -> None:
        """Make the `Date` header and `gmt_create` of later answers wrong by `seconds`."""
        self._control.ask("set_skew", seconds=seconds)
