"""Times as the reader sees them: in their own zone, with its offset said.

Dates are written as ISO 8601 does in every language: they line up, and nobody reads a day for
a month.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

ZONE_COOKIE = "tz"
LONGEST_ZONE_NAME = 64


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The zone that the reader's browser named, else settings.TIME_ZONE."""
    name = request.COOKIES.get(ZONE_COOKIE, "")
    try:
        if 0 < len(name) <= LONGEST_ZONE_NAME:
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass  # not a zone: a cookie can hold anything
    return ZoneInfo(settings.TIME_ZONE)


@dataclass(frozen=True)
class Clock:
    """One reader's clock at one moment, so that all ages on a page agree."""

    zone: ZoneInfo
    now: datetime

    @classmethod
    def of(cls, request: HttpRequest) -> "Clock":
        """The clock of whoever sent the request."""
        zone = zone_of(request)
        return cls(zone, timezone.now().astimezone(zone))

    def of_the_day(self) -> "Clock":
        """The clock at the day's beginning: all day the same, for what tells times but no ages."""
        return Clock(self.zone, self.now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0))

    def exact(self, at: datetime) -> str:
        """2026-11-24 18:05:02 UTC+8"""
        local = at.astimezone(self.zone)
        return f"{local:%Y-%m-%d %H:%M:%S} {offset_of(local)}"

    def to_the_second(self, at: datetime) -> str:
        """18:05:02 on the day itself, else with the date."""
        local = at.astimezone(self.zone)
        return f"{local:%H:%M:%S}" if self._is_today(local) else f"{local:%Y-%m-%d %H:%M:%S}"

    def short(self, at: datetime) -> str:
        """18:05 on the day itself, else the date."""
        local = at.astimezone(self.zone)
        return f"{local:%H:%M}" if self._is_today(local) else f"{local:%Y-%m-%d}"

    def age(self, at: datetime) -> str:
        """How long ago, in its largest unit: 4 min."""
        return _in_its_largest_unit(self.now - at) or _("now")

    def ago(self, at: datetime) -> str:
        """How long ago, as part of a sentence: 4 min ago."""
        age = _in_its_largest_unit(self.now - at)
        return _("%(age)s ago") % {"age": age} if age else _("just now")

    def age_pattern(self) -> str:
        """What a script needs to go on telling ages as `age` does; # is the number."""
        return _age_pattern(get_language())

    def ago_pattern(self) -> str:
        """The same for `ago`."""
        _now, *units = self.age_pattern().split("|")
        return "|".join([_("just now"), *(_("%(age)s ago") % {"age": unit} for unit in units)])

    def zone_text(self) -> str:
        """Asia/Shanghai (UTC+8), or UTC alone."""
        name, offset = str(self.zone), offset_of(self.now)
        return offset if name == "UTC" else f"{name} ({offset})"

    def _is_today(self, local: datetime) -> bool:
        return local.date() == self.now.date()


def offset_of(local: datetime) -> str:
    """UTC, UTC+8 or UTC-3:30."""
    seconds = int((local.utcoffset() or timedelta()).total_seconds())
    if not seconds:
        return "UTC"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    text = f"UTC{'+' if seconds > 0 else '-'}{hours}"
    return f"{text}:{minutes:02}" if minutes else text


def duration_text(duration: timedelta) -> str:
    """A length of time in its two largest units: 6 min 12 s."""
    seconds = max(0, int(duration.total_seconds()))
    parts = [
        (seconds // 86400, _("%(count)s d")),
        (seconds // 3600 % 24, _("%(count)s h")),
        (seconds // 60 % 60, _("%(count)s min")),
        (seconds % 60, _("%(count)s s")),
    ]
    first = next((place for place, (count, _unit) in enumerate(parts) if count), 3)
    said = [unit % {"count": count} for count, unit in parts[first : first + 2] if count]
    return " ".join(said) or _("under 1 s")


@lru_cache
def _age_pattern(language: str | None) -> str:
    # In `language`, which is what the thread speaks.
    units = (_("%(count)s min"), _("%(count)s h"), _("%(count)s d"))
    return "|".join([_("now"), *(unit % {"count": "#"} for unit in units)])


def _in_its_largest_unit(duration: timedelta) -> str:
    """ "" for less than a minute, because a page that was just made is never that exact."""
    return _minutes_text(int(duration.total_seconds()) // 60, get_language())


@lru_cache(2000)
def _minutes_text(minutes: int, language: str | None) -> str:
    # In `language`, which is what the thread speaks.
    if minutes < 1:
        return ""
    if minutes < 60:
        return _("%(count)s min") % {"count": minutes}
    if minutes < 48 * 60:
        return _("%(count)s h") % {"count": minutes // 60}
    return _("%(count)s d") % {"count": minutes // (24 * 60)}
