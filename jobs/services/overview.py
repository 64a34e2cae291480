"""The overview: what needs a person, what runs, and how the last thirty days went. Reads only.

The number of queries is constant, and each ends early however long the history is: it reads at
most MOST_JOBS of a workspace's newest jobs, or stops counting at MOST_COUNTED. All but the rows
follows from the history, and is worked out once for each of its events.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from django.db.models import Case, Count, OuterRef, Subquery, Value, When

from jobs.choices import (
    OPEN_STATUSES,
    RESUBMITTABLE_STATUSES,
    AttemptState,
    JobStatus,
    Origin,
)
from jobs.explanations import Explanation
from jobs.models import Attempt, ImportJob, Workspace
from jobs.models.import_jobs import ImportJobQuerySet
from jobs.services import explaining, listed_jobs
from jobs.services.listed_jobs import ListedJob

DAYS = 30
# How far back the figures reach at most, in jobs of one workspace.
MOST_JOBS = 10_000
MOST_COUNTED = 100
MOST_ROWS = 5
# The newest failures of which the commonest errors are taken, and successes that give the pace.
MOST_FAILURES = 1000
MOST_SUCCESSES = 500
MOST_TROUBLES = 5
# Teams, in their zones, that look at once.
MOST_KEPT = 50
MOVING_STATUSES = tuple(status for status in OPEN_STATUSES if status != JobStatus.UNCONFIRMED)


@dataclass(frozen=True)
class Window:
    """The days that the figures are of. `cut` says that there were too many jobs for thirty."""

    since: datetime
    starts: list[datetime]
    cut: bool


@dataclass(frozen=True)
class Day:
    """What became of the imports that were submitted on one day."""

    day: date
    succeeded: int = 0
    unsuccessful: int = 0
    open: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.succeeded + self.unsuccessful + self.open


@dataclass(frozen=True)
class Waiting:
    """What a person has to look at: the numbers of the first jobs of it, and how much there is of
    each kind.

    `count` is what the list says; `ended` is when those came to nothing that did in the window.
    """

    numbers: tuple[int, ...]
    count: int
    unanswered: int
    conflicts: int
    ended: tuple[datetime, ...]

    def news_since(self, last_visit: datetime | None) -> int | None:
        """How many came to nothing since the last visit; None on a first visit."""
        return sum(at >= last_visit for at in self.ended) if last_visit else None


@dataclass(frozen=True)
class Trouble:
    """One explanation, how often it was given, and the words by which its jobs are found."""

    explanation: Explanation
    count: int
    words: str


@dataclass(frozen=True)
class Pace:
    """From submission to success, over the newest `count` that succeeded."""

    median: timedelta
    p95: timedelta
    count: int


@dataclass(frozen=True)
class Figures:
    """How the last thirty days went."""

    window: Window
    days: tuple[Day, ...]
    troubles: list[Trouble]
    pace: Pace | None


@dataclass(frozen=True)
class Standing:
    """What follows from the history. `moving` are the numbers of the first of the open jobs but
    for unconfirmed ones."""

    figures: Figures
    waiting: Waiting
    moving: tuple[int, ...]
    moving_count: int


@dataclass(frozen=True)
class Overview:
    """Everything that the page shows: what stands, with its jobs as they are now."""

    standing: Standing
    waiting: list[ListedJob]
    moving: list[ListedJob]


def look(workspaces: Sequence[int], *, now: datetime, history_head: str) -> Overview:
    """What the pages of these workspaces, by number, have to tell at `now`, which is in the
    reader's zone, where the history ends with this hash.

    Ten queries at most, however many jobs and workspaces there are; one while nothing happens.
    """
    standing = standing_of(history_head, tuple(workspaces), now.date(), now.tzinfo)
    numbers = standing.waiting.numbers, standing.moving
    # Read each time: what DashScope names later can enter a job without an event.
    jobs = {job.pk: job for job in listed_jobs.numbered([*numbers[0], *numbers[1]])}
    waiting, moving = ([jobs[number] for number in each] for each in numbers)
    return Overview(standing, waiting, moving)


@lru_cache(MOST_KEPT)
def standing_of(
    history_head: str, workspaces: tuple[int, ...], today: date, zone: tzinfo | None
) -> Standing:
    """How all stands on `today` in `zone`. Nine queries, and none while nothing happens."""
    window = _window(workspaces, today, zone)
    recent = ImportJob.objects.filter(workspace__in=workspaces, created_at__gte=window.since)
    there = ImportJob.objects.filter(workspace__in=workspaces, gone_at=None, deleted_at=None)
    moving = there.open_in(MOVING_STATUSES).order_by("created_at", "pk")
    open_ones = list(moving.values_list("pk", flat=True)[:MOST_COUNTED])
    return Standing(
        figures=Figures(window, _days(recent, window), _troubles(recent), _pace(recent)),
        waiting=_waiting(there, window),
        moving=tuple(open_ones[:MOST_ROWS]),
        moving_count=len(open_ones),
    )


def _window(workspaces: Sequence[int], today: date, zone: tzinfo | None) -> Window:
    """Thirty days, or as many of them as the newest MOST_JOBS of every workspace reach back."""
    starts = [
        datetime.combine(today - timedelta(days=ago), time(), zone) for ago in reversed(range(DAYS))
    ]
    beyond = (
        ImportJob.objects.filter(workspace=OuterRef("pk"), created_at__gte=starts[0])
        .order_by("-created_at", "-pk")
        .values("created_at")[MOST_JOBS : MOST_JOBS + 1]
    )
    limits = Workspace.objects.filter(pk__in=workspaces)
    reached = limits.annotate(beyond=Subquery(beyond)).values_list("beyond", flat=True)
    if not (cuts := [at for at in reached.order_by() if at]):
        return Window(starts[0], starts, cut=False)
    # From there on whole days alone, unless today itself is more than can be counted.
    whole = [start for start in starts if start > max(cuts)]
    return Window(whole[0] if whole else max(cuts), whole or starts[-1:], cut=True)


def _days(recent: ImportJobQuerySet, window: Window) -> tuple[Day, ...]:
    newest_first = list(enumerate(window.starts))[::-1]
    place = Case(
        *[When(created_at__gte=start, then=Value(number)) for number, start in newest_first],
        default=Value(0),
    )
    days = [Day(start.date()) for start in window.starts]
    # Found first: SQLite would rather read the workspace's whole index that has the status too.
    found = ImportJob.objects.filter(pk__in=recent.values("pk"))
    counted = found.annotate(place=place).values("place", "status").annotate(count=Count("pk"))
    for row in counted.order_by():
        day, status, count = days[row["place"]], row["status"], row["count"]
        if status == JobStatus.SUCCEEDED:
            day = replace(day, succeeded=day.succeeded + count)
        elif status in RESUBMITTABLE_STATUSES:
            day = replace(day, unsuccessful=day.unsuccessful + count)
        else:
            day = replace(day, open=day.open + count)
        days[row["place"]] = day
    return tuple(days)


def _waiting(there: ImportJobQuerySet, window: Window) -> Waiting:
    unconfirmed = list(
        there.open_in([JobStatus.UNCONFIRMED])
        .order_by("-created_at", "-pk")
        .values_list("pk", flat=True)[:MOST_COUNTED]
    )
    unsuccessful = list(
        there.needing_a_person()
        .filter(status__in=RESUBMITTABLE_STATUSES, created_at__gte=window.since)
        .order_by("-finished_at", "-pk")
        .values_list("pk", "finished_at")[:MOST_COUNTED]
    )
    several = Attempt.objects.filter(job__in=unconfirmed, state=AttemptState.CONFLICT)
    in_conflict = set(several.values_list("job_id", flat=True))
    conflicts = [number for number in unconfirmed if number in in_conflict]
    unanswered = [number for number in unconfirmed if number not in in_conflict]
    numbers = [*conflicts, *unanswered, *(number for number, _at in unsuccessful)]
    return Waiting(
        numbers=tuple(numbers[:MOST_ROWS]),
        count=there.needing_a_person().order_by()[:MOST_COUNTED].count(),
        unanswered=len(unanswered),
        conflicts=len(conflicts),
        ended=tuple(at for _number, at in unsuccessful if at),
    )


def _troubles(recent: ImportJobQuerySet) -> list[Trouble]:
    failures = (
        recent.filter(status__in=RESUBMITTABLE_STATUSES)
        .exclude(error_code="", error_message="")
        .order_by("-created_at", "-pk")
        .values_list("error_call", "error_code", "error_message", "workspace__host")
    )
    # The same words come again and again, and explaining them costs more than counting them.
    explanations: dict[str, Explanation] = {}
    words: dict[str, Counter[str]] = {}
    for said, count in Counter(failures[:MOST_FAILURES]).items():
        call, code, message, host = said
        explanation = explaining.explanation_of_words(call, code, message, host)
        explanations[explanation.key] = explanation
        words.setdefault(explanation.key, Counter())[code or message] += count
    troubles = [
        Trouble(explanations[key], found.total(), found.most_common(1)[0][0])
        for key, found in words.items()
    ]
    return sorted(troubles, key=lambda trouble: -trouble.count)[:MOST_TROUBLES]


def _pace(recent: ImportJobQuerySet) -> Pace | None:
    """Of those submitted here alone: when others ended was not seen, only when they were found."""
    times = (
        recent.filter(status=JobStatus.SUCCEEDED, origin=Origin.DESK)
        .order_by("-created_at", "-pk")
        .values_list("created_at", "finished_at")[:MOST_SUCCESSES]
    )
    took = sorted(finished - created for created, finished in times if finished)
    if not took:
        return None
    return Pace(_percentile(took, 50), _percentile(took, 95), len(took))


def _percentile(ordered: list[timedelta], percent: int) -> timedelta:
    """By nearest rank, so that it is a time that an import really took."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]
