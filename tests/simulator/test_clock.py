from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import time_machine

from jobs.simulator import Simulator
from jobs.simulator.clock import Clock
from tests.simulator.asking import ask, create

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_it_runs_with_the_real_time_and_what_was_pushed() -> None:
    clock = Clock()
    with time_machine.travel(NOON, tick=False) as traveller:
        clock.push(60)
        traveller.shift(5)

        assert clock.now() == NOON.timestamp() + 65
        assert clock.pushed_seconds == 60


def test_it_stands_still_while_frozen_and_runs_on_from_there() -> None:
    clock = Clock()
    with time_machine.travel(NOON, tick=False) as traveller:
        clock.freeze()
        traveller.shift(100)
        clock.push(1)

        assert clock.now() == NOON.timestamp() + 1
        clock.thaw()
        traveller.shift(10)
        assert clock.now() == NOON.timestamp() + 11


def test_it_never_runs_backwards() -> None:
    clock = Clock()
    with time_machine.travel(NOON, tick=False) as traveller:
        before = clock.now()
        traveller.shift(-3600)

        assert clock.now() == before
        with pytest.raises(ValueError, match="forwards"):
            clock.push(-1)


def test_it_returns_to_the_real_time_when_reset() -> None:
    clock = Clock()
    with time_machine.travel(NOON, tick=False):
        clock.push(60)
        clock.set_skew(60)
        clock.freeze()

        clock.reset()

        assert clock.now() == NOON.timestamp()
        assert clock.shown_at(clock.now()) == NOON


def test_it_dates_every_answer_by_its_own_clock(simulator: Simulator) -> None:
    simulator.clock.push(3600)
    now = datetime.fromtimestamp(simulator.clock.now(), UTC)

    reply = create(simulator.base_url)

    assert parsedate_to_datetime(reply.headers["Date"]) == now.replace(microsecond=0)
    created = datetime.fromisoformat(reply.output["gmt_create"])
    assert timedelta(0) <= now - created < timedelta(milliseconds=1)


def test_it_shows_a_time_that_is_wrong_by_the_skew(simulator: Simulator) -> None:
    right = parsedate_to_datetime(ask(simulator.base_url, "GET").headers["Date"])
    simulator.clock.set_skew(-300)

    reply = create(simulator.base_url)

    assert parsedate_to_datetime(reply.headers["Date"]) == right - timedelta(minutes=5)
    created = datetime.fromisoformat(reply.output["gmt_create"])
    assert created.replace(microsecond=0) == right - timedelta(minutes=5)
    assert f"-offline-{created:%Y%m%d}-" in reply.output["model_name"]
