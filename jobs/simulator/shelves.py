"""Jobs kept in the order of their creation, so that a list page costs a slice and no sorting."""

from __future__ import annotations

import bisect
import heapq
from collections import defaultdict

from jobs.simulator.lives import Job

Place = tuple[float, int, str]  # created_at, number, job_id


class Shelves:
    """For each workspace one shelf of all jobs, and one for each status word.

    Statuses follow from the time, so the shelves are put in order up to `now` before each look.
    Not thread-safe; its owner holds the lock.
    """

    def __init__(self) -> None:
        self._shelves: defaultdict[tuple[str, str | None], list[Place]] = defaultdict(list)
        self._shelved: dict[str, tuple[Job, Place, str]] = {}
        self._due: list[tuple[float, str]] = []
        self._number = 0

    def put(self, job: Job, now: float) -> None:
        """Shelve a job by its status at `now`, in place of an earlier version of itself."""
        if job.job_id in self._shelved:
            _, place, _ = self._shelved[job.job_id]
            self.take(job.job_id)
        else:
            self._number += 1
            place = (job.created_at, self._number, job.job_id)
        status = job.status_at(now)
        self._shelved[job.job_id] = (job, place, status)
        for word in (None, status):
            bisect.insort(self._shelves[job.workspace, word], place)
        change = job.next_change_after(now)
        if change is not None:
            heapq.heappush(self._due, (change, job.job_id))

    def take(self, job_id: str) -> None:
        """Take a job off its shelves."""
        job, place, status = self._shelved.pop(job_id)
        for word in (None, status):
            shelf = self._shelves[job.workspace, word]
            del shelf[bisect.bisect_left(shelf, place)]

    def advance(self, now: float) -> None:
        """Move the jobs whose status has changed by `now`."""
        while self._due and self._due[0][0] <= now:
            _, job_id = heapq.heappop(self._due)
            # A job that was taken away, or fixed meanwhile, leaves its appointments behind.
            if job_id in self._shelved:
                job, _, status = self._shelved[job_id]
                if job.status_at(now) != status:
                    self.put(job, now)

    def count(self, workspace: str, status: str | None) -> int:
        """How many jobs stand on a shelf; None is the shelf of all."""
        return len(self._shelves[workspace, status])

    def slice(
        self, workspace: str, status: str | None, start: int, stop: int, *, newest_first: bool
    ) -> list[str]:
        """The job ids at these positions."""
        shelf = self._shelves[workspace, status]
        if newest_first:
            start, stop = max(0, len(shelf) - stop), max(0, len(shelf) - start)
            return [job_id for _, _, job_id in reversed(shelf[start:stop])]
        return [job_id for _, _, job_id in shelf[start:stop]]
