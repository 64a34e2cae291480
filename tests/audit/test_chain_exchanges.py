import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.models import Exchange, ImportJob, Workspace
from jobs.services import audit, chain_exchanges
from jobs.services.chain_exchanges import FLOOR
from tests.making import make_exchange, make_job

# PostgreSQL keeps no NUL.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
moments = st.integers(0, 2 * 10**15).map(
    lambda n: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=n)
)
contents = st.fixed_dictionaries(
    {
        "path": texts,
        "reason": texts,
        "request_id": texts,
        "request_body": texts,
        "response_body": texts,
        "response_headers": st.dictionaries(texts, texts, max_size=3),
        "response_truncated": st.booleans(),
        "status_code": st.none() | st.integers(100, 599),
        "started_at": moments | moments.map(lambda at: at.replace(microsecond=0)),
    }
)


@pytest.fixture
def job(workspace: Workspace) -> ImportJob:
    return make_job(workspace)


def event_of(exchange: Exchange) -> tuple[int, bytes]:
    """An event that tells of the exchange as it is now."""
    facts = audit.exchange_facts(exchange)
    whole = audit.digest_of(audit.canonical_text(facts))
    said = {key: facts[key] for key in ("id", "request", "response")} | {"digest": whole}
    return exchange.pk, json.dumps({"exchanges": [said]}).encode()


def first_altered(events: list[tuple[int, bytes]]) -> int | None:
    told = chain_exchanges.told_by(events)
    return chain_exchanges.first_altered(told, chain_exchanges.kept(told))


def queries(events: list[tuple[int, bytes]]) -> tuple[int, int | None]:
    """How many it took, and what was found altered."""
    with CaptureQueriesContext(connection) as captured:
        found = first_altered(events)
    return len(captured), found


@given(content=contents)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_was_said_is_certain_at_the_first_look(
    job: ImportJob, content: dict[str, Any]
) -> None:
    exchange = make_exchange(job, **content, finished_at=content["started_at"])

    assert queries([event_of(exchange)]) == (1, None)


def test_an_exchange_that_is_told_twice_is_held_to_both(job: ImportJob) -> None:
    exchange = make_exchange(job)
    first = event_of(exchange)
    exchange.status_code = 500
    second = event_of(exchange)

    assert first_altered([(7, first[1])]) is None
    assert first_altered([(7, first[1]), (8, second[1])]) == 8
    assert first_altered([(7, second[1]), (8, first[1])]) == 7


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (FLOOR + timedelta(days=2), (1, None)),
        (FLOOR, (2, None)),
        (FLOOR - timedelta(microseconds=1), (2, 7)),
    ],
)
def test_bodies_may_go_for_their_age_and_not_before(
    job: ImportJob, later: timedelta, expected: tuple[int, int | None]
) -> None:
    exchange = make_exchange(job)
    _number, told = event_of(exchange)
    kept = Exchange.objects.filter(pk=exchange.pk)
    pruned_at = exchange.finished_at + later
    kept.update(request_body="", response_body="", bodies_pruned_at=pruned_at)

    assert queries([(7, told)]) == expected


def test_a_number_is_never_taken_for_more_than_a_number(job: ImportJob) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        chain_exchanges.statement(json.loads('["1) OR (1=1"]'))
