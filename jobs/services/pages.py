"""Pages of a newest-first list by key, not by number: rows that arrive move none of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from django.db.models import Q
from django.utils.translation import gettext as _

from jobs.errors import InvalidFields
from jobs.models import ImportJob
from jobs.models.import_jobs import ImportJobQuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OLDER, NEWER, FROM = "older", "newer", "from"


@dataclass(frozen=True)
class Cursor:
    """A place in the list, beside one job: `older` or `newer` than it, or `from` it on down."""

    side: str
    created_at: datetime
    job_id: int

    @classmethod
    def at(cls, side: str, job: ImportJob) -> Self:
        """The cursor at this side of the job."""
        return cls(side, job.created_at, job.pk)

    @classmethod
    def read(cls, text: str) -> Self:
        """The cursor that `str` wrote. Raises InvalidFields for any other text."""
        try:
            side, micros, job_id = text.split("-")
            if side not in (OLDER, NEWER, FROM) or int(job_id) >= 2**63:
                raise ValueError(text)
            return cls(side, EPOCH + timedelta(microseconds=int(micros)), int(job_id))
        except (ValueError, OverflowError):
            message = _("This is not a cursor that a list gave out.")
            raise InvalidFields({"cursor": [message]}) from None

    def __str__(self) -> str:
        micros = (self.created_at - EPOCH) // timedelta(microseconds=1)
        return f"{self.side}-{micros}-{self.job_id}"

    def older(self) -> Q:
        """What stands below the job."""
        return Q(created_at__lt=self.created_at) | Q(created_at=self.created_at, pk__lt=self.job_id)

    def newer(self) -> Q:
        """What stands above the job."""
        return Q(created_at__gt=self.created_at) | Q(created_at=self.created_at, pk__gt=self.job_id)


@dataclass(frozen=True)
class Page:
    """Some jobs, newest first, and the cursors of the pages beside them, if there are any."""

    jobs: list[ImportJob]
    newer: Cursor | None
    older: Cursor | None


def page_of(found: ImportJobQuerySet, cursor: Cursor | None, *, size: int) -> Page:
    """One page of the jobs found, in one query; two when a newer page meets the top."""
    if cursor and cursor.side == NEWER:
        above = list(found.filter(cursor.newer()).order_by("created_at", "pk")[: size + 1])
        if len(above) > size:
            jobs = above[size - 1 :: -1]
            return Page(jobs, Cursor.at(NEWER, jobs[0]), Cursor.at(OLDER, jobs[-1]))
        cursor = None  # the top is a full page, not the few rows above the cursor
    if cursor:
        at_job = Q(created_at=cursor.created_at, pk=cursor.job_id)
        found = found.filter(cursor.older() if cursor.side == OLDER else cursor.older() | at_job)
    jobs = list(found.order_by("-created_at", "-pk")[: size + 1])
    more, jobs = len(jobs) > size, jobs[:size]
    return Page(
        jobs,
        Cursor.at(NEWER, jobs[0]) if jobs and cursor and cursor.side == OLDER else None,
        Cursor.at(OLDER, jobs[-1]) if more else None,
    )


def count_newer(found: ImportJobQuerySet, cursor: Cursor, *, most: int) -> int:
    """How many of the jobs found stand above the cursor, counted no further than `most`."""
    return found.filter(cursor.newer()).order_by()[:most].count()
