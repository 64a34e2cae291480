from datetime import date, timedelta

import pytest

from jobs.services.overview import Day
from jobs.views.outcome_chart import HEIGHT, LEAST, PITCH, chart_of

FIRST = date(2026, 11, 1)


def days(*counts: tuple[int, int, int]) -> tuple[Day, ...]:
    return tuple(Day(FIRST + timedelta(days=n), *count) for n, count in enumerate(counts))


def test_parts_of_a_day_stand_on_each_other_within_the_drawing() -> None:
    chart = chart_of(days((0, 0, 0), (5, 2, 1)), "en")

    assert [bar.kind for bar in chart.bars] == ["succeeded", "unsuccessful", "open"]
    assert all(PITCH < bar.x < bar.x + bar.width < 2 * PITCH for bar in chart.bars)
    assert chart.bars[0].y + chart.bars[0].height == HEIGHT
    for lower, upper in zip(chart.bars, chart.bars[1:], strict=False):
        assert upper.y + upper.height < lower.y
    assert chart.bars[-1].y >= 0


def test_one_failure_among_hundreds_is_seen() -> None:
    chart = chart_of(days((900, 1, 0)), "en")

    assert chart.bars[1].height == LEAST


@pytest.mark.parametrize(
    ("most", "top"),
    [(0, 2), (1, 2), (2, 2), (3, 4), (9, 12), (15, 16), (17, 20), (20, 20), (81, 120), (999, 1200)],
)
def test_the_scale_ends_on_a_round_number_whose_half_is_whole(most: int, top: int) -> None:
    chart = chart_of(days((most, 0, 0)), "en")

    assert (chart.top, 2 * chart.middle) == (top, top)


def test_it_says_in_words_what_it_draws() -> None:
    chart = chart_of(days((1, 0, 0), (5, 2, 1)), "en")

    assert chart.label.startswith(
        "9 imports submitted from 2026-11-01 to 2026-11-02: 6 succeeded, 2 came to nothing, 1 open."
    )
    assert chart.columns[1].text == "2026-11-02: 5 succeeded, 2 came to nothing"
    assert chart.columns[1].url == "/jobs/?since=2026-11-02&until=2026-11-02"


@pytest.mark.parametrize(
    ("count", "marks"), [(1, ["11-01"]), (2, ["11-01", "11-02"]), (5, ["11-01", "11-03", "11-05"])]
)
def test_it_names_the_first_the_middle_and_the_last_day(count: int, marks: list[str]) -> None:
    assert chart_of(days(*[(1, 0, 0)] * count), "en").marks == marks
