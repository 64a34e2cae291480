from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import RequestFactory

from jobs.templatetags.clock import Clock, duration_text, offset_of, zone_of

AT = datetime(2026, 11, 24, 10, 5, 2, tzinfo=UTC)


def clock(zone: str = "Asia/Shanghai", now: datetime = AT) -> Clock:
    return Clock(ZoneInfo(zone), now.astimezone(ZoneInfo(zone)))


def test_a_time_is_exact_in_the_readers_zone() -> None:
    assert clock().exact(AT) == "2026-11-24 18:05:02 UTC+8"
    assert clock("UTC").exact(AT) == "2026-11-24 10:05:02 UTC"


def test_the_day_is_left_out_on_the_day_itself() -> None:
    tomorrow = clock(now=AT + timedelta(hours=6))  # after midnight in Shanghai

    assert (clock().short(AT), clock().to_the_second(AT)) == ("18:05", "18:05:02")
    assert (tomorrow.short(AT), tomorrow.to_the_second(AT)) == (
        "2026-11-24",
        "2026-11-24 18:05:02",
    )


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (-5, "now"),
        (59, "now"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (47 * 3600, "47 h"),
        (48 * 3600, "2 d"),
        (400 * 86400, "400 d"),
    ],
)
def test_an_age_is_in_its_largest_unit(seconds: int, age: str) -> None:
    assert clock(now=AT + timedelta(seconds=seconds)).age(AT) == age


def test_an_age_fits_into_a_sentence() -> None:
    assert clock(now=AT + timedelta(minutes=4)).ago(AT) == "4 min ago"
    assert clock().ago(AT) == "just now"


def test_a_script_can_go_on_telling_ages() -> None:
    assert clock().age_pattern() == "now|# min|# h|# d"
    assert clock().ago_pattern() == "just now|# min ago|# h ago|# d ago"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "UTC"),
        ("Asia/Shanghai", "Asia/Shanghai (UTC+8)"),
        ("Asia/Kolkata", "Asia/Kolkata (UTC+5:30)"),
        ("America/St_Johns", "America/St_Johns (UTC-3:30)"),
    ],
)
def test_the_offset_is_said(zone: str, said: str) -> None:
    assert clock(zone).zone_text() == said
    assert offset_of(clock(zone).now) in said


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "under 1 s"),
        (0.9, "under 1 s"),
        (59, "59 s"),
        (372, "6 min 12 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (90061, "1 d 1 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert duration_text(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    "name",
    ["", "Nowhere/Land", "../../etc/passwd", "/etc/passwd", "Asia", "\x00", "Ä" * 10, "x" * 999],
)
def test_a_cookie_that_names_no_zone_is_passed_over(name: str, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    request = RequestFactory().get("/")
    request.COOKIES["tz"] = name

    assert str(zone_of(request)) == "Europe/Paris"


def test_the_zone_is_that_of_the_cookie() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["tz"] = "America/Argentina/Buenos_Aires"

    assert str(zone_of(request)) == "America/Argentina/Buenos_Aires"
