"""Signing in with a second factor. The clock is moved where a code has to be a new one;
tests/security/test_single_sign_on.py runs these in a process with settings of its own."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from jobs.choices import Verb
from jobs.models import AuditEvent, User
from tests.audit.test_erasure import everything
from tests.making import PASSWORD
from tests.sso.app import App, app_of

LOGIN, CODE = "/accounts/login/", "/accounts/login/code/"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands, a minute from now, unless it is moved."""
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False) as clock:
        yield clock


@pytest.fixture
def app(clock: time_machine.Traveller, bob: User) -> App:
    """Bob's app; the code that switched it on is of the past."""
    app = app_of(bob)
    clock.shift(30)
    return app


def halfway(**data: str) -> Client:
    """A browser in which Bob's password was given."""
    browser = Client()
    answer = browser.post(LOGIN, {"username": "bob", "password": PASSWORD} | data)
    assert (answer.status_code, answer["Location"]) == (302, CODE)
    return browser


def give(code: str, browser: Client | None = None, **extra: Any) -> Any:
    return (browser or halfway()).post(CODE, {"code": code}, **extra)


def is_signed_in(browser: Client) -> bool:
    return browser.get("/settings/tokens/").status_code == 200


def events(verb: Verb) -> list[str]:
    return list(AuditEvent.objects.filter(verb=verb).values_list("canonical", flat=True))


def test_a_password_alone_opens_nothing(app: App) -> None:
    browser = halfway(next="/settings/notices/")
    page = browser.get(CODE)

    assert page.status_code == 200
    assert not is_signed_in(browser)
    assert events(Verb.SIGNED_IN) == []


def test_the_code_signs_in_with_a_session_of_its_own(app: App) -> None:
    planted = Client().session
    planted.save()
    browser = Client()
    browser.cookies["sessionid"] = planted.session_key or ""
    browser.post(LOGIN, {"username": "bob", "password": PASSWORD, "next": "/settings/notices/"})
    between = browser.session.session_key
    answer = give(app.code(), browser)

    assert (answer.status_code, answer["Location"]) == (302, "/settings/notices/")
    assert len({planted.session_key, between, browser.session.session_key}) == 3
    assert is_signed_in(browser)
    assert "second_step" not in browser.session
    assert '"second_factor":"app"' in events(Verb.SIGNED_IN)[0]


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example/"])
def test_it_leads_to_our_own_pages_alone(app: App, goal: str) -> None:
    assert give(app.code(), halfway(next=goal))["Location"] == "/"


def test_spaces_and_other_digits_are_what_people_type(app: App) -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in app.code())

    assert give(f" {wide[:3]} {wide[3:]} ").status_code == 302


def test_a_code_counts_once_and_no_older_one_after_it(
    app: App, clock: time_machine.Traveller
) -> None:
    older, used = app.code(), app.code(1)
    clock.shift(30)

    assert give(used).status_code == 302
    assert [give(code).status_code for code in (used, older)] == [422, 422]
    clock.shift(30)
    assert give(used).status_code == 422
    assert give(app.code()).status_code == 302


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 302), (1, 302), (2, 422)])
def test_clocks_may_be_half_a_minute_apart(
    app: App, clock: time_machine.Traveller, steps: int, status: int
) -> None:
    clock.shift(90)

    assert give(app.code(steps)).status_code == status


def test_the_code_that_switched_it_on_does_not_count_again(
    clock: time_machine.Traveller, bob: User
) -> None:
    app = app_of(bob)

    assert give(app.code()).status_code == 422


def test_a_recovery_code_works_once(app: App) -> None:
    first, second = app.codes[:2]

    assert give(first).status_code == 302
    assert give(first.replace(" ", "")).status_code == 422
    assert give(second.replace(" ", "-")).status_code == 302
    used = events(Verb.RECOVERY_CODE_USED)
    assert ['"left":9' in used[0], '"left":8' in used[1]] == [True, True]
    assert '"second_factor":"recovery_code"' in events(Verb.SIGNED_IN)[0]


def test_wrong_codes_are_counted_for_the_person_and_each_wait_is_longer(
    app: App, clock: time_machine.Traveller
) -> None:
    # Each from a session and an address of its own.
    wrong = [give(app.wrong_code(), REMOTE_ADDR=f"203.0.113.{n}") for n in range(5)]
    right = give(app.code(), REMOTE_ADDR="203.0.113.77")

    assert [answer.status_code for answer in wrong] == [422] * 4 + [429]
    assert (right.status_code, int(right["Retry-After"])) == (429, 15 * 60)
    assert "wait 15 min" in right.content.decode()
    refused = events(Verb.SIGN_IN_FAILED)
    assert len(refused) == 6
    assert all('"why":"code"' in event for event in refused)
    assert ['"locked_out":true' in event for event in refused] == [False] * 4 + [True] * 2

    clock.shift(15 * 60)
    again = [give(app.wrong_code()) for _ in range(5)]
    assert int(again[-1]["Retry-After"]) == 30 * 60
    clock.shift(30 * 60)
    assert give(app.code()).status_code == 302
    assert give(app.wrong_code()).status_code == 422


def test_recovery_codes_are_throttled_alike(app: App) -> None:
    for _ in range(5):
        give("0000 0000")

    assert give(app.codes[0]).status_code == 429


def test_half_a_sign_in_ends_by_itself_and_with_the_password(
    app: App, bob: User, clock: time_machine.Traveller
) -> None:
    slow, changed, closed = halfway(next="/jobs/"), halfway(), halfway()
    bob.set_password("another-horse-battery")
    bob.save()
    User.objects.filter(pk=bob.pk).update(is_active=False)
    answers = [give(app.code(), browser) for browser in (changed, closed)]
    clock.shift(5 * 60 + 1)
    late = give(app.code(), slow)

    assert {answer["Location"] for answer in answers} == {f"{LOGIN}?late="}
    assert late["Location"] == f"{LOGIN}?late=&next=%2Fjobs%2F"
    assert b"That took too long" in slow.get(late["Location"]).content
    assert Client().get(CODE)["Location"] == LOGIN


def test_it_is_a_form_of_ours_alone(app: App) -> None:
    strict = Client(enforce_csrf_checks=True)
    session = strict.session
    session.update(halfway().session.items())
    session.save()
    strict.cookies["sessionid"] = session.session_key or ""

    assert give(app.code(), strict).status_code == 403


def test_whoever_has_none_is_not_asked(app: App, alice: User) -> None:
    answer = Client().post(LOGIN, {"username": "alice", "password": PASSWORD})

    assert answer["Location"] == "/"


def test_the_secret_and_the_codes_are_in_no_row_and_no_line_of_the_log(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        browser = halfway()
        give(app.wrong_code(), browser)
        give(app.code(), browser)
        give(app.codes[0])
    kept = [*everything(), caplog.text.lower()]

    for secret in (app.secret.lower(), *(code.replace(" ", "") for code in app.codes)):
        assert [text for text in kept if secret in text] == []


def test_under_another_key_nothing_is_right(app: App, settings: Any) -> None:
    settings.TOKEN_DIGEST_KEY = "another-key-that-protects-nothing-either"

    answer = give(app.code())

    assert answer.status_code == 422
    assert "a key of this installation changed" in answer.content.decode()
    assert not is_signed_in(answer.client)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_one_code_at_once_one_comes_in(bob: User) -> None:
    app = app_of(bob)
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
        browsers, code, found = [halfway() for _ in range(4)], app.code(), []
        recovery = app.codes[0]

        def both(browser: Client, code: str, gate: threading.Barrier) -> None:
            gate.wait()
            found.append((code, give(code, browser).status_code))
            connections.close_all()

        for each, pair in ((code, browsers[:2]), (recovery, browsers[2:])):
            gate = threading.Barrier(2)
            threads = [threading.Thread(target=both, args=(one, each, gate)) for one in pair]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    assert sorted(found) == sorted([(code, 302), (code, 422), (recovery, 302), (recovery, 422)])
