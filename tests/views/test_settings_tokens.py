"""/settings/tokens/: made, shown once, revoked."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jobs.models import Token, User
from jobs.services import tokens
from tests.api.calling import Script

ADDRESS = "/settings/tokens/"
FORM = {"name": "nightly", "scopes": ["read", "submit"], "life": "90"}
ClientOf = Callable[[User], Client]


def test_a_token_is_shown_once_and_works(bob: User, client_of: ClientOf) -> None:
    browser = client_of(bob)

    made = browser.post(ADDRESS, FORM)

    text = made.context["made"].text
    assert text in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert tokens.find(text).user == bob
    assert text not in browser.get(ADDRESS).content.decode()
    assert text.partition("_")[2][:8] in browser.get(ADDRESS).content.decode()


def test_a_reload_makes_no_second_token(bob: User, client_of: ClientOf) -> None:
    browser = client_of(bob)

    statuses = [browser.post(ADDRESS, FORM).status_code for _ in range(2)]

    assert statuses == [200, 422]
    assert Token.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [{"name": ""}, {"scopes": []}, {"scopes": ["administer"]}, {"life": "never ever"}],
)
def test_what_is_wrong_stands_at_its_field(
    bob: User, client_of: ClientOf, fields: dict[str, Any]
) -> None:
    answer = client_of(bob).post(ADDRESS, FORM | fields)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(fields)
    assert 'class="fault"' in answer.content.decode()


def test_a_token_for_ever_has_no_end(bob: User, client_of: ClientOf) -> None:
    client_of(bob).post(ADDRESS, FORM | {"life": "never"})

    assert Token.objects.get().expires_at is None


def test_one_revokes_ones_own_tokens_alone(bob: User, alice: User, client_of: ClientOf) -> None:
    script = Script(bob)
    address = f"{ADDRESS}{script.token.pk}/revoke/"

    assert client_of(alice).post(address).status_code == 404
    assert script.get("/jobs").status_code == 200
    assert client_of(bob).post(address).status_code == 302
    assert script.get("/jobs").status_code == 401


def test_it_shows_nobody_elses_tokens(bob: User, alice: User, client_of: ClientOf) -> None:
    prefix = Script(bob).token.prefix

    assert prefix in client_of(bob).get(ADDRESS).content.decode()
    assert prefix not in client_of(alice).get(ADDRESS).content.decode()
