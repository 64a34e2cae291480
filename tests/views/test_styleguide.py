"""The page of all components: for builders, and true to the styles."""

import re
from typing import Any

import pytest
from django.test import Client

from jobs.choices import JobStatus
from jobs.views.styleguide import groups
from tests.house.reading import ROOT


@pytest.fixture
def page(db: None, settings: Any) -> str:
    settings.DEBUG = True
    return Client().get("/styleguide/").text


def test_it_is_there_for_builders_alone(db: None) -> None:
    assert Client().get("/styleguide/").status_code == 404


def test_it_shows_every_status(page: str) -> None:
    for status in JobStatus:
        assert str(status.label) in page


def test_it_shows_every_token_with_its_use(page: str) -> None:
    styles = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")
    tokens = [token for group in groups().values() for token in group]

    assert {token.name for token in tokens} == set(re.findall(r"^  (--[\w-]+):", styles, re.M))
    assert [token.name for token in tokens if not token.note] == []
    assert [token.name for token in tokens if token.name not in page] == []


def test_every_token_is_used() -> None:
    written = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "static/css").glob("*.css")
    )

    unused = [
        token.name
        for group in groups().values()
        for token in group
        if f"var({token.name})" not in written
    ]
    assert unused == []
