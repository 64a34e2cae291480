"""Pages of a list by key, not by number: jobs that arrive move none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Self, TypeVar

from django.db.models import Q
from django.utils.translation import gettext as _

from jobs.choices import JobStatus
from jobs.errors import InvalidFields
from jobs.models.import_jobs import ImportJobQuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AFTER, BEFORE, FROM = "after", "before", "from"
NUMBERS = 2**63


@dataclass(frozen=True)
class Order:
    """An order in which no two jobs are equal, by columns that an index carries.

    `keys` are the columns, each with whether it descends; the job's number is the last.
    """

    name: str
    keys: tuple[tuple[str, bool], ...]

    @property
    def columns(self) -> list[str]:
        """What `order_by` takes."""
        return [f"-{key}" if descends else key for key, descends in self.keys]

    @property
    def reversed_columns(self) -> list[str]:
        """The same from the end."""
        return [key if descends else f"-{key}" for key, descends in self.keys]


NEWEST = Order("newest", (("created_at", True), ("pk", True)))
OLDEST = Order("oldest", (("created_at", False), ("pk", False)))
BY_STATUS = Order("status", (("status", False), ("created_at", True), ("pk", True)))
ORDERS = {order.name: order for order in (NEWEST, OLDEST, BY_STATUS)}


J = TypeVar("J")  # a job, or what was read of one


@dataclass(frozen=True)
class Cursor:
    """A place in a list beside one job: `after` or `before` it, or `from` it on."""

    side: str
    order: Order
    values: tuple[Any, ...]

    @classmethod
    def at(cls, side: str, job: Any, order: Order = NEWEST) -> Self:
        """The cursor at this side of the job, or of what was read of it."""
        return cls(side, order, tuple(getattr(job, key) for key, _descends in order.keys))

    @classmethod
    def read(cls, text: str, order: Order = NEWEST) -> Self:
        """The cursor that `str` wrote. Raises InvalidFields for any other text, and for a cursor
        of another order."""
        side, *parts = text.split("-")
        try:
            if side not in (AFTER, BEFORE, FROM) or len(parts) != len(order.keys):
                raise ValueError(text)
            keys = [key for key, _descends in order.keys]
            values = [_read(key, part) for key, part in zip(keys, parts, strict=True)]
        except (ValueError, OverflowError):
            message = _("This is not a cursor that a list gave out.")
            raise InvalidFields({"cursor": [message]}) from None
        return cls(side, order, tuple(values))

    def __str__(self) -> str:
        return "-".join([self.side, *map(_written, self.values)])

    def after(self) -> Q:
        """What stands below the job."""
        return self._beyond(forwards=True)

    def before(self) -> Q:
        """What stands above the job."""
        return self._beyond(forwards=False)

    def at_job(self) -> Q:
        """The job itself."""
        return Q(
            **{key: value for (key, _d), value in zip(self.order.keys, self.values, strict=True)}
        )

    def _beyond(self, *, forwards: bool) -> Q:
        beyond, equal = Q(), Q()
        for (key, descends), value in zip(self.order.keys, self.values, strict=True):
            comparison = "lt" if descends == forwards else "gt"
            beyond |= equal & Q(**{f"{key}__{comparison}": value})
            equal &= Q(**{key: value})
        # Said once more of the first column alone, because an index is not entered by an OR.
        first, descends = self.order.keys[0]
        bound = "lte" if descends == forwards else "gte"
        return Q(**{f"{first}__{bound}": self.values[0]}) & beyond


@dataclass(frozen=True)
class Page(Generic[J]):
    """Some jobs in their order, and the cursors of the pages beside them, if there are any."""

    jobs: list[J]
    previous: Cursor | None
    next: Cursor | None


def page_by(
    read: Callable[[Cursor | None], list[J]], cursor: Cursor | None, *, size: int, order: Order
) -> Page[J]:
    """The page, where `read` reads one job more than a page has `beside` a place: once, and twice
    when a page before meets the top."""
    if cursor and cursor.side == BEFORE:
        jobs = read(cursor)
        if len(jobs) > size:
            jobs = jobs[size - 1 :: -1]
            return Page(jobs, Cursor.at(BEFORE, jobs[0], order), Cursor.at(AFTER, jobs[-1], order))
        cursor = None  # the top is a full page, not the few rows above the cursor
    jobs = read(cursor)
    more, jobs = len(jobs) > size, jobs[:size]
    return Page(
        jobs,
        Cursor.at(BEFORE, jobs[0], order) if jobs and cursor and cursor.side == AFTER else None,
        Cursor.at(AFTER, jobs[-1], order) if more else None,
    )


def beside(
    found: ImportJobQuerySet, cursor: Cursor | None, *, size: int, order: Order
) -> ImportJobQuerySet:
    """The first so many on the cursor's side of it, the nearest first, or of all."""
    if cursor is None:
        return found.first_ones(size, order.columns)
    if cursor.side == BEFORE:
        return found.filter(cursor.before()).first_ones(size, order.reversed_columns)
    after = cursor.after()
    after = after if cursor.side == AFTER else after | cursor.at_job()
    return found.filter(after).first_ones(size, order.columns)


def above(found: ImportJobQuerySet, cursor: Cursor, *, most: int) -> ImportJobQuerySet:
    """The jobs above the cursor, in any order, and no more than `most` of them."""
    return found.filter(cursor.before()).order_by()[:most]


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return str((value - EPOCH) // timedelta(microseconds=1))
    return str(value)


def _read(key: str, text: str) -> Any:
    if key == "status":
        return JobStatus(text)
    number = int(text)
    if key == "created_at":
        return EPOCH + timedelta(microseconds=number)
    if not 0 <= number < NUMBERS:
        raise ValueError(text)
    return number
