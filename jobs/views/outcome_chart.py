"""Outcomes by day as bars: where each is drawn, in the units of the drawing's own grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.services.overview import MOST_KEPT, Day

# The drawing is stretched to its place, so that widths are shares; heights are of HEIGHT.
PITCH, WIDTH, HEIGHT = 10.0, 6.6, 100.0
GAP = 1.2
LEAST = 2.0  # a single failure among hundreds is seen


@dataclass(frozen=True)
class Bar:
    """One part of a day's column."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Column:
    """One day as its column and its row of the table show it."""

    day: date
    succeeded: int
    unsuccessful: int
    open: int
    url: str
    text: str

    @property
    def iso(self) -> str:
        """The day as addresses have it."""
        return self.day.isoformat()


@dataclass(frozen=True)
class Chart:
    """The drawing, its scale, and what it says to those who do not see it."""

    width: float
    height: float
    bars: tuple[Bar, ...]
    columns: tuple[Column, ...]
    top: int
    label: str

    @property
    def middle(self) -> int:
        """What the line half-way up stands for."""
        return self.top // 2

    @property
    def half(self) -> float:
        """Where the line half-way up is."""
        return self.height / 2

    @property
    def newest_first(self) -> tuple[Column, ...]:
        """The columns in the order of the table."""
        return self.columns[::-1]

    @property
    def marks(self) -> list[str]:
        """The days named below: the first, the middle one, the last."""
        days = [column.day for column in self.columns]
        return [f"{day:%m-%d}" for day in dict.fromkeys((days[0], days[len(days) // 2], days[-1]))]


@lru_cache(MOST_KEPT)
def chart_of(days: tuple[Day, ...], language: str | None) -> Chart:
    """The chart of these days, oldest first, of which there is at least one; in the language,
    which is what the thread speaks."""
    top = _round_number(max(day.total for day in days))
    bars = tuple(bar for place, day in enumerate(days) for bar in _bars(place, day, top))
    return Chart(
        width=round(PITCH * len(days), 1),
        height=HEIGHT,
        bars=bars,
        columns=tuple(_column(day) for day in days),
        top=top,
        label=_label(days),
    )


def _bars(place: int, day: Day, top: int) -> list[Bar]:
    bars = []
    floor = HEIGHT
    for kind in ("succeeded", "unsuccessful", "open"):
        count = getattr(day, kind)
        if not count:
            continue
        height = max(LEAST, count / top * (HEIGHT - 2 * GAP))
        x = place * PITCH + (PITCH - WIDTH) / 2
        bars.append(Bar(kind, round(x, 2), round(floor - height, 2), WIDTH, round(height, 2)))
        floor -= height + GAP
    return bars


def _round_number(count: int) -> int:
    """The least of 2, 4, 6, 8, 12, 16, 20, 40… that is not below the count: half of it is whole."""
    step = 1
    while True:
        for top in (2, 4, 6, 8, 12, 16):
            if top * step >= count:
                return top * step
        step *= 10


def _column(day: Day) -> Column:
    iso = day.day.isoformat()
    said = {"day": iso, "succeeded": day.succeeded, "unsuccessful": day.unsuccessful}
    text = _("%(day)s: %(succeeded)s succeeded, %(unsuccessful)s came to nothing") % said
    query = urlencode({"since": iso, "until": iso})
    return Column(
        day.day,
        day.succeeded,
        day.unsuccessful,
        day.open,
        f"{reverse('job-list')}?{query}",
        text,
    )


def _label(days: Sequence[Day]) -> str:
    submitted = sum(day.total for day in days)
    return ngettext(
        "%(total)s import submitted from %(first)s to %(last)s: %(succeeded)s succeeded, "
        "%(unsuccessful)s came to nothing, %(open)s open. The table below has each day.",
        "%(total)s imports submitted from %(first)s to %(last)s: %(succeeded)s succeeded, "
        "%(unsuccessful)s came to nothing, %(open)s open. The table below has each day.",
        submitted,
    ) % {
        "total": submitted,
        "first": days[0].day.isoformat(),
        "last": days[-1].day.isoformat(),
        "succeeded": sum(day.succeeded for day in days),
        "unsuccessful": sum(day.unsuccessful for day in days),
        "open": sum(day.open for day in days),
    }
