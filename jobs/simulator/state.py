"""The import jobs that the simulator has accepted, for every workspace."""

from __future__ import annotations

import secrets
import string
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.simulator.answers import RefusedError
from jobs.simulator.clock import Clock
from jobs.simulator.lives import ENDED, Job, Life
from jobs.simulator.orders import ImportOrder
from jobs.simulator.shelves import Shelves
from jobs.simulator.state_file import read_jobs, write_jobs

SUFFIX_CHARACTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True, kw_only=True)
class JobElsewhere:
    """A job that no request makes; with `status`, it stays at that word."""

    workspace: str
    order: ImportOrder
    life: Life
    age_seconds: float = 0.0
    status: str | None = None


class State:
    """Accepted jobs; thread-safe, and as durable as `file`, when one is given.

    The file is rewritten whole at each change, which suits a demonstration and not a load test.
    Raises StateFileError when the file cannot be read or written.
    """

    def __init__(self, clock: Clock, *, file: Path | None = None) -> None:
        self.newest_first = True
        self._clock = clock
        self._file = file
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._shelves = Shelves()
        if file is not None and file.exists():
            pushed_seconds, jobs = read_jobs(file)
            clock.push(max(0.0, pushed_seconds))
            for job in jobs:
                self._keep(job)
        self._save()

    def create(self, workspace: str, order: ImportOrder, life: Life) -> Job:
        """Accept an order; two equal orders make two jobs, as at the vendor's."""
        with self._lock:
            job = self._made(workspace, order, life, age_seconds=0.0)
            self._keep(job)
            self._save()
            return job

    def add_elsewhere(self, drafts: Iterable[JobElsewhere]) -> list[Job]:
        """Take in jobs that were made elsewhere."""
        with self._lock:
            added = []
            for draft in drafts:
                job = self._made(
                    draft.workspace, draft.order, draft.life, age_seconds=draft.age_seconds
                )
                job = replace(job, fixed_status=draft.status, made_elsewhere=True)
                self._keep(job)
                added.append(job)
            self._save()
            return added

    def find(self, job_id: str) -> Job | None:
        """The job of that id in any workspace."""
        with self._lock:
            return self._jobs.get(job_id)

    def get(self, workspace: str, job_id: str) -> tuple[Job, str]:
        """A job of the workspace and its status.

        Raises RefusedError (404 NotFound); vendor page: get-import-job-api.
        """
        with self._lock:
            now = self._clock.now()
            self._shelves.advance(now)
            job = self._jobs.get(job_id)
            if job is None or job.workspace != workspace:
                raise RefusedError(404, "NotFound", f"The import job '{job_id}' does not exist.")
            return job, job.status_at(now)

    def page(
        self,
        workspace: str,
        page_no: int,
        page_size: int,
        *,
        status: str | None = None,
        model_name: str | None = None,
    ) -> tuple[int, list[tuple[Job, str]]]:
        """How many jobs the filters let through, and those of one page with their statuses.

        Vendor page: list-import-jobs-api.
        """
        with self._lock:
            now = self._clock.now()
            self._shelves.advance(now)
            start = (page_no - 1) * page_size
            if model_name is not None:
                named = self._jobs.get(self._names.get((workspace, model_name), ""))
                fits = named is not None and status in (None, named.status_at(now))
                job_ids = [named.job_id] if named is not None and fits else []
                total, job_ids = len(job_ids), job_ids[start : start + page_size]
            else:
                total = self._shelves.count(workspace, status)
                job_ids = self._shelves.slice(
                    workspace, status, start, start + page_size, newest_first=self.newest_first
                )
            jobs = [self._jobs[job_id] for job_id in job_ids]
            return total, [(job, job.status_at(now)) for job in jobs]

    def delete(self, workspace: str, job_id: str) -> tuple[Job, str]:
        """Delete a job that has ended; the last look at it and its status.

        Raises RefusedError: 404 NotFound, or OperationDenied while the job is PENDING or RUNNING.
        The vendor prints no HTTP number for OperationDenied, so 400 is our choice; vendor page:
        delete-import-job-api.
        """
        with self._lock:
            job, status = self.get(workspace, job_id)
            if status not in ENDED:
                raise RefusedError(
                    400,
                    "OperationDenied",
                    "The import job is currently running and cannot be deleted.",
                )
            self.remove(job_id)
            return job, status

    def remove(self, job_id: str) -> None:
        """Make a job vanish whatever its status, as if somebody deleted it elsewhere.

        Raises KeyError when there is no such job.
        """
        with self._lock:
            job = self._jobs.pop(job_id)
            del self._names[job.workspace, job.model_name]
            self._shelves.take(job_id)
            self._save()

    def fix_status(self, job_id: str, status: str, error_code: str | None) -> None:
        """End a job's life at a status word, known to the vendor or not.

        Raises KeyError when there is no such job.
        """
        with self._lock:
            job = self._jobs[job_id]
            self._keep(replace(job, fixed_status=status, error_code=error_code))
            self._save()

    def newest_ended_elsewhere(self, workspace: str) -> Job | None:
        """The newest job from elsewhere that may be deleted."""
        with self._lock:
            ended = (
                job
                for job, status in self.everything()
                if job.workspace == workspace and job.made_elsewhere and status in ENDED
            )
            return max(ended, key=lambda job: job.created_at, default=None)

    def everything(self) -> list[tuple[Job, str]]:
        """Every job of every workspace with its status, in the order of acceptance."""
        with self._lock:
            now = self._clock.now()
            return [(job, job.status_at(now)) for job in self._jobs.values()]

    def clear(self) -> None:
        """Forget every job."""
        with self._lock:
            self._jobs, self._names, self._shelves = {}, {}, Shelves()
            self._save()

    def _made(self, workspace: str, order: ImportOrder, life: Life, *, age_seconds: float) -> Job:
        created_at = self._clock.now() - age_seconds
        shown = self._clock.shown_at(created_at)
        runs_at = created_at + life.pending_seconds
        return Job(
            job_id=str(uuid.uuid4()),
            workspace=workspace,
            model_name=self._unused_name(workspace, f"{order.base_model}-offline-{shown:%Y%m%d}"),
            base_model=order.base_model,
            display_name=order.display_name,
            weight_type=order.weight_type,
            bucket_name=order.bucket_name,
            object_key=order.object_key,
            created_at=created_at,
            gmt_create=shown.isoformat(timespec="milliseconds"),
            runs_at=runs_at,
            ends_at=runs_at + life.running_seconds,
            error_code=life.error_code,
        )

    def _unused_name(self, workspace: str, stem: str) -> str:
        while True:
            suffix = "".join(secrets.choice(SUFFIX_CHARACTERS) for _ in range(4))
            if (workspace, f"{stem}-{suffix}") not in self._names:
                return f"{stem}-{suffix}"

    def _keep(self, job: Job) -> None:
        self._jobs[job.job_id] = job
        self._names[job.workspace, job.model_name] = job.job_id
        self._shelves.put(job, self._clock.now())

    def _save(self) -> None:
        if self._file is not None:
            write_jobs(self._file, self._clock.pushed_seconds, list(self._jobs.values()))
