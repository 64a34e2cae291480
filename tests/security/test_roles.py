"""Every address and API operation, asked by every role, a stranger and nobody."""

import copy
from collections.abc import Iterator, Sequence

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from jobs.models import User, Workspace
from tests.api.calling import Script
from tests.security.rows import API, PAGES, ROWS, SETTINGS, WHO, Row
from tests.security.staging import Stage, browser_of, filled, set_up


@pytest.fixture
def people(charlie: User, vera: User, bob: User, ada: User, alice: User) -> dict[str, User | None]:
    """The person who plays each part; nobody for the first."""
    return dict(zip(WHO, (None, charlie, vera, bob, ada, alice), strict=True))


@pytest.fixture
def stage(workspace: Workspace, alice: User, bob: User) -> Stage:
    """Something for every address to be about."""
    return set_up(workspace, alice, bob)


def script_of(person: User | None) -> Client:
    return Script(person).client if person else Client()


def statuses(row: Row, stage: Stage, clients: dict[str, Client]) -> dict[str, int]:
    """How the address answers each; what one did is undone before the next one asks."""
    kind = {"content_type": "application/json"} if row in API else {}
    address = row.address.format(**stage)
    data = {name: filled(value, stage) for name, value in row.data.items()}
    found = {}
    for who, client in clients.items():
        before, cookies = transaction.savepoint(), copy.deepcopy(client.cookies)
        method = getattr(client, row.method.lower())
        found[who] = method(address, data, **kind).status_code
        transaction.savepoint_rollback(before)
        client.cookies = cookies
    return found


def otherwise(
    rows: Sequence[Row], stage: Stage, clients: dict[str, Client]
) -> dict[str, dict[str, str]]:
    """The rows that do not hold, each with who was answered otherwise, and how."""
    found = {}
    for row in rows:
        answers = statuses(row, stage, clients).items()
        said = row.by_who
        wrong = {who: f"{got}, not {said[who]}" for who, got in answers if got != said[who]}
        if wrong:
            found[f"{row.method} {row.address} {row.data}"] = wrong
    return found


def test_each_page_answers_each_as_its_row_says(
    stage: Stage, people: dict[str, User | None]
) -> None:
    clients = {who: browser_of(person) for who, person in people.items()}

    assert otherwise(PAGES + SETTINGS, stage, clients) == {}


def test_each_operation_answers_each_as_its_row_says(
    stage: Stage, people: dict[str, User | None]
) -> None:
    clients = {who: script_of(person) for who, person in people.items()}

    assert otherwise(API, stage, clients) == {}


def test_every_address_and_operation_has_a_row() -> None:
    assert {name for name, _pattern in addresses()} - {row.name for row in ROWS} == set()


def test_no_row_is_about_an_address_that_there_is_not() -> None:
    assert {row.name for row in ROWS} - {name for name, _pattern in addresses()} == set()


def test_every_method_that_the_api_takes_has_a_row(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    taken = {
        (f"api:{operation['operationId']}", method.upper())
        for methods in document["paths"].values()
        for method, operation in methods.items()
    }

    assert taken == {(row.name, row.method) for row in API}


def addresses(
    resolver: URLResolver | None = None, namespace: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every name that an address has, with its pattern; one without a name is called ""."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern, inner)
        else:
            yield f"{namespace}{pattern.name or ''}", pattern
