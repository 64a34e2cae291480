"""Jobs as lists show them: read as plain values, by statements that are kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Self, TypeVar

from django.db.models import Q

from jobs.choices import OPEN_STATUSES
from jobs.models import ImportJob, Membership, Workspace
from jobs.models.import_jobs import ImportJobQuerySet
from jobs.models.statements import Statement
from jobs.services import pages
from jobs.services.pages import Cursor, Order, Page
from jobs.services.searching import JobSearch

# A statement is 5 to 20 KB with what it was composed from.
MOST_KEPT = 300


# What is read of a job, by the names that fields have in queries; it has to hold what jobs are
# ordered by.
S = TypeVar("S", bound=NamedTuple)


class ListedJob(NamedTuple):
    """What a row of the list shows of a job, under the names that the job has for it."""

    pk: int
    workspace_id: int
    origin: str
    status: str
    base_model: str
    base_model_inferred: bool
    display_name: str
    weight_type: str
    bucket_name: str
    object_key: str
    submitted_by_label: str
    remote_job_id: str
    generated_model_name: str
    remote_status: str
    error_call: str
    error_code: str
    error_message: str
    created_at: datetime
    finished_at: datetime | None
    gone_at: datetime | None
    deleted_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether the job is."""
        return self.status in OPEN_STATUSES and not self.gone_at and not self.deleted_at

    def job(self, workspace: Workspace) -> ImportJob:
        """The job in its workspace, to be asked for what a row shows and for nothing else."""
        job = ImportJob(**self._asdict())
        job.workspace = workspace
        return job


@dataclass(frozen=True)
class Listing:
    """The jobs that a search finds in some workspaces, `within` what the index of words says now.

    Jobs are read each time. The statements that read them follow from these values, the order and
    the place in it, so they are composed when they are first asked for: everybody looks at the
    same few lists.
    """

    search: JobSearch
    workspaces: tuple[int, ...]
    within: Q | None

    @classmethod
    def of(cls, search: JobSearch, memberships: Iterable[Membership], *, history_head: str) -> Self:
        """What the search finds for somebody with these memberships, given with their workspaces,
        where the history ends with this hash.

        Up to three queries where words are looked for, and none elsewhere; nor for the next page,
        or for who comes back from a job, while nothing happens.
        """
        workspaces = search.workspaces_of(memberships)
        return cls(search, workspaces, within(history_head, search, workspaces))

    @property
    def leaves_old_jobs_out(self) -> bool:
        """Whether there are jobs too old to be looked at for words as short as these."""
        return self.within is not None and self.search.has_short_terms_alone

    def page(self, cursor: Cursor | None, *, size: int, order: Order, shape: type[S]) -> Page[S]:
        """One page of the jobs in this shape, in one query; two when a page before meets the
        top."""

        def read(place: Cursor | None) -> list[S]:
            statement = _page(self, place, size + 1, order, shape._fields)
            return [*map(shape._make, statement.rows())]

        return pages.page_by(read, cursor, size=size, order=order)

    def newest(self) -> Cursor | None:
        """Where the newest of the jobs stands; None if there is none. One query."""
        statement = _page(self, None, 1, pages.NEWEST, ListedJob._fields)
        newest = next(statement.rows(), None)
        return Cursor.at(pages.FROM, ListedJob._make(newest)) if newest else None

    def count_before(self, cursor: Cursor, *, most: int) -> int:
        """How many of the jobs stand above the cursor, counted no further than `most`. One
        query."""
        return len(list(_before(self, cursor, most).rows()))

    def jobs(self) -> ImportJobQuerySet:
        """The same as a query."""
        return self.search.jobs_within(self.workspaces, self.within)


def numbered(numbers: Sequence[int]) -> list[ListedJob]:
    """The jobs of these numbers, in any order. One query."""
    rows = _numbered(len(numbers)).rows(*numbers)
    return [*map(ListedJob._make, rows)]


@lru_cache(MOST_KEPT)
def within(history_head: str, search: JobSearch, workspaces: tuple[int, ...]) -> Q | None:
    """What the index of words says of the search, where the history ends with this hash: who
    submits a job or changes a word of one records an event. An index that is made anew meanwhile
    says the same."""
    return search.within(workspaces)


@lru_cache(MOST_KEPT)
def _page(
    listing: Listing, cursor: Cursor | None, size: int, order: Order, fields: tuple[str, ...]
) -> Statement:
    jobs = pages.beside(listing.jobs(), cursor, size=size, order=order)
    return Statement.of(jobs.values_list(*fields))


@lru_cache(MOST_KEPT)
def _numbered(count: int) -> Statement:
    jobs = ImportJob.objects.filter(pk__in=range(count)).order_by()
    return Statement.of(jobs.values_list(*ListedJob._fields))


@lru_cache(MOST_KEPT)
def _before(listing: Listing, cursor: Cursor, most: int) -> Statement:
    return Statement.of(pages.above(listing.jobs(), cursor, most=most).values_list("pk"))
