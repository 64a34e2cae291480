"""The simulated side as one thing: clock, jobs, faults and ledger, and what tests do to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from jobs.simulator.clock import Clock
from jobs.simulator.demonstrations import Demonstration
from jobs.simulator.faults import Fault, FaultHandle, FaultPlan
from jobs.simulator.keys import SIMULATOR_KEY, workspace_of
from jobs.simulator.ledger import Ledger, ReceivedRequest
from jobs.simulator.lives import Job, Life
from jobs.simulator.orders import ImportOrder
from jobs.simulator.state import JobElsewhere, State


class World:
    """A DashScope that exists nowhere else.

    `life` is what jobs go through when nothing else is said. Raises StateFileError when
    `state_file` cannot be read or written.
    """

    def __init__(
        self,
        *,
        life: Life | None = None,
        speed: float = 1.0,
        state_file: Path | None = None,
    ) -> None:
        self.clock = Clock()
        self._speed = speed
        self.life = (life or Life()).faster(speed)
        self.plan = FaultPlan()
        self.ledger = Ledger()
        self.state = State(self.clock, file=state_file)

    def fault(self, kind: str, **options: Any) -> FaultHandle:
        """Plan a fault; `options` are the fields of `jobs.simulator.faults.Fault`.

        Raises ValueError for one that makes no sense.
        """
        return FaultHandle(self, self.plan.add(Fault(kind=kind, **options)))

    def wait_for_fault(self, number: int, at_least: int, timeout_seconds: float) -> int:
        """How often a planned fault has struck, as soon as that is `at_least`.

        Raises KeyError for a number that isn't planned, TimeoutError after `timeout_seconds`.
        """
        return self.plan.wait_for(number, at_least, timeout_seconds)

    def release_fault(self, number: int) -> None:
        """Let what a planned fault holds back go on.

        Raises KeyError for a number that isn't planned.
        """
        self.plan.release(number)

    def clear_faults(self) -> None:
        """Plan nothing any more; what is held back ends without an answer, not acted on."""
        self.plan.clear()

    def requests(
        self, *, call: str | None = None, accepted: bool | None = None
    ) -> list[ReceivedRequest]:
        """What was received, in the order of arrival; `accepted` means it made or deleted a job."""
        return self.ledger.requests(call=call, accepted=accepted)

    def calls(self) -> dict[str, int]:
        """How many requests of each call came, and how many of the lists began at page one."""
        return self.ledger.calls()

    def wait_for_requests(
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
        return self.ledger.wait_for(
            at_least, call=call, accepted=accepted, timeout_seconds=timeout_seconds
        )

    def add_foreign_job(self, **row: Any) -> str:
        """Add one job made elsewhere; its job id. `row` as in `add_foreign_jobs`."""
        return self.add_foreign_jobs([row])[0]

    def add_foreign_jobs(self, rows: Iterable[dict[str, Any]]) -> list[str]:
        """Add jobs made elsewhere with the same workspace's key; their job ids.

        Each row may give `api_key`, `base_model`, `display_name`, `weight_type`, `bucket_name`,
        `object_key`, `age_seconds` (how long ago it was created), `status` (any word, kept for
        ever; without it the job lives on from its creation) and `error_code`. Rows are not
        checked by the rules of create. Raises TypeError for any other field.
        """
        drafts = [self._foreign(**row) for row in rows]
        return [job.job_id for job in self.state.add_elsewhere(drafts)]

    def set_status(self, job_id: str, status: str, *, error_code: str | None = None) -> None:
        """End a job's life at any status word.

        Raises KeyError when there is no such job.
        """
        self.state.fix_status(job_id, status, error_code)

    def remove_job(self, job_id: str) -> None:
        """Make a job vanish whatever its status, as if somebody deleted it elsewhere.

        Raises KeyError when there is no such job.
        """
        self.state.remove(job_id)

    def jobs(self) -> list[tuple[Job, str]]:
        """Every job that exists with its status, in the order of acceptance."""
        return self.state.everything()

    def reset(self) -> None:
        """Start afresh: no jobs, faults or requests, and the real time."""
        self.plan.clear()
        self.ledger.clear()
        self.clock.reset()
        self.state.clear()

    def life_of(self, demonstration: Demonstration | None) -> Life:
        """The life of a job that is created now, as a demonstration wants it."""
        if demonstration is None:
            return self.life
        running_seconds = self.life.running_seconds
        if demonstration.running_seconds is not None:
            running_seconds = demonstration.running_seconds / self._speed
        return replace(
            self.life, running_seconds=running_seconds, error_code=demonstration.error_code
        )

    def shift_rows(self, kind: str, workspace: str) -> None:
        """Add or delete a job between two pages of a list, as other people may."""
        if kind == "row_added":
            added = self._foreign(display_name="added between pages")
            self.state.add_elsewhere([replace(added, workspace=workspace)])
            return
        removable = self.state.newest_ended_elsewhere(workspace)
        if removable is not None:
            self.state.remove(removable.job_id)

    def _foreign(
        self,
        *,
        api_key: str = SIMULATOR_KEY,
        base_model: str = "qwen3-32b",
        display_name: str = "made elsewhere",
        weight_type: str = "lora",
        bucket_name: str = "elsewhere",
        object_key: str = "models/elsewhere/",
        age_seconds: float = 0.0,
        status: str | None = None,
        error_code: str | None = None,
    ) -> JobElsewhere:
        order = ImportOrder(
            base_model=base_model,
            display_name=display_name,
            weight_type=weight_type,
            bucket_name=bucket_name,
            object_key=object_key,
        )
        return JobElsewhere(
            workspace=workspace_of(f"Bearer {api_key}"),
            order=order,
            life=replace(self.life, error_code=error_code),
            age_seconds=age_seconds,
            status=status,
        )
