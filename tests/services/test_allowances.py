"""The API's allowance of requests a minute, of tokens and of addresses without one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from jobs import actors
from jobs.models import Token, User
from jobs.services import allowances, tokens

NOON = datetime(2026, 1, 31, 12, 0, 20, tzinfo=UTC)


@pytest.fixture
def token(bob: User) -> Token:
    made = tokens.create(bob, name="nightly", scopes=["read"], actor=actors.command_line())
    return made.token


@pytest.fixture(autouse=True)
def three_a_minute(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    cache.clear()


def take(token: Token) -> allowances.Allowance:
    return allowances.take(Token.objects.get(pk=token.pk))


@time_machine.travel(NOON, tick=False)
def test_a_token_has_its_allowance_and_no_more(token: Token) -> None:
    taken = [take(token) for _ in range(4)]

    assert [allowance.granted for allowance in taken] == [True, True, True, False]
    assert [allowance.remaining for allowance in taken] == [2, 1, 0, 0]
    assert taken[3].reset_seconds == 40


def test_the_next_minute_brings_a_new_allowance(token: Token) -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(4):
            take(token)

    with time_machine.travel(NOON.replace(minute=1), tick=False):
        assert take(token).granted


@time_machine.travel(NOON, tick=False)
def test_requests_that_read_the_same_row_cannot_share_an_allowance(token: Token) -> None:
    seen_by_all = [Token.objects.get(pk=token.pk) for _ in range(5)]

    granted = [allowances.take(seen).granted for seen in seen_by_all]

    assert granted.count(True) == 3


@pytest.mark.django_db(transaction=True)
def test_requests_side_by_side_take_no_more_than_the_allowance(bob: User) -> None:
    made = tokens.create(bob, name="nightly", scopes=["read"], actor=actors.command_line())
    together = Barrier(12)

    def ask(_number: int) -> bool:
        found = tokens.find(made.text)
        together.wait()
        try:
            return allowances.take(found).granted
        finally:
            connection.close()

    # The clock stands still, so that no minute ends meanwhile.
    with time_machine.travel(NOON, tick=False), ThreadPoolExecutor(12) as pool:
        granted = list(pool.map(ask, range(12)))

    assert granted.count(True) == 3
    assert Token.objects.get().used_in_minute == 3


@time_machine.travel(NOON, tick=False)
def test_a_request_too_many_writes_nothing(
    token: Token, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        take(token)
    full = Token.objects.get(pk=token.pk)

    with django_assert_num_queries(0):
        allowances.take(full)


@time_machine.travel(NOON, tick=False)
def test_it_remembers_when_the_token_was_last_used(token: Token) -> None:
    take(token)

    assert Token.objects.get(pk=token.pk).last_used_at == NOON


@time_machine.travel(NOON, tick=False)
def test_an_address_may_fail_as_often_as_a_token_may_ask() -> None:
    for _ in range(3):
        assert allowances.of_stranger("203.0.113.7").granted
        allowances.count_failure("203.0.113.7")

    assert not allowances.of_stranger("203.0.113.7").granted
    assert allowances.of_stranger("203.0.113.8").granted


@time_machine.travel(NOON, tick=False)
def test_the_addresses_of_one_ipv6_network_count_as_one() -> None:
    for host in (1, 2, 3):
        allowances.count_failure(f"2001:db8:1:1::{host}")

    assert not allowances.of_stranger("2001:db8:1:1::4").granted
    assert allowances.of_stranger("2001:db8:1:2::1").granted
