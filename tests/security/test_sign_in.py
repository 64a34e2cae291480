"""Signing in: throttled, with a session of its own, and never on to a foreign page."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from jobs.models import User
from tests.making import PASSWORD

ADDRESS = "/accounts/login/"
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    " //evil.example",
)


def sign_in(client: Client, username: str = "bob", password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(ADDRESS, {"username": username, "password": password}, **extra)


def test_after_eight_wrong_passwords_even_the_right_one_waits(bob: User, alice: User) -> None:
    browser = Client()
    wrong = [sign_in(browser, password="wrong").status_code for _ in range(8)]

    right = sign_in(browser)

    assert set(wrong) <= {422, 429}
    assert (right.status_code, int(right["Retry-After"])) == (429, 15 * 60)
    assert sign_in(Client(), "alice").status_code == 302
    assert sign_in(Client(), REMOTE_ADDR="203.0.113.7").status_code == 302


def test_a_quarter_of_an_hour_later_it_is_taken_again(bob: User) -> None:
    for _ in range(8):
        sign_in(Client(), password="wrong")

    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert sign_in(Client()).status_code == 302


def test_an_unknown_name_is_answered_like_a_wrong_password(bob: User) -> None:
    known, unknown = sign_in(Client(), password="wrong"), sign_in(Client(), "nobody")

    assert known.status_code == unknown.status_code == 422
    assert known.context["form"].errors == unknown.context["form"].errors


def test_signing_in_changes_the_session_and_signing_out_ends_it(bob: User) -> None:
    browser = Client()
    # What an attacker would plant: a session that exists before its victim signs in.
    session = browser.session
    session["planted"] = True
    session.save()
    planted = session.session_key

    sign_in(browser)
    own = browser.session.session_key

    assert own != planted
    assert with_session(planted).get("/settings/tokens/").status_code == 302
    assert with_session(own).get("/settings/tokens/").status_code == 200
    browser.post("/accounts/logout/")
    assert with_session(own).get("/settings/tokens/").status_code == 302


def test_a_session_ends_by_itself(bob: User) -> None:
    browser = Client()
    sign_in(browser)

    with time_machine.travel(timezone.now() + timedelta(hours=13), tick=False):
        assert browser.get("/settings/tokens/").status_code == 302


def test_no_script_reads_the_sessions_cookie(bob: User) -> None:
    cookie = sign_in(Client()).cookies[site.SESSION_COOKIE_NAME]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("goal", ELSEWHERE)
def test_no_page_sends_people_elsewhere(bob: User, goal: str) -> None:
    browser = Client()
    after_sign_in = browser.post(ADDRESS, {"username": "bob", "password": PASSWORD, "next": goal})
    signed_in_already = browser.get(ADDRESS, {"next": goal})
    theme = browser.post("/preferences/theme/", {"theme": "dark", "next": goal})
    language = browser.post("/preferences/language/", {"language": "en", "next": goal})

    for answer in (after_sign_in, signed_in_already, theme, language):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/")
        assert not answer["Location"].startswith(("//", "/\\"))


def with_session(key: str | None) -> Client:
    client = Client()
    client.cookies[site.SESSION_COOKIE_NAME] = key or ""
    return client
