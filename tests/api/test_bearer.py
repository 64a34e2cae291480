"""Who may call, how often, and what becomes of guessing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from jobs import actors
from jobs.choices import Verb
from jobs.models import AuditEvent, Token, User
from jobs.services import tokens
from tests.api.calling import Script

GUESS = "desk_abcdefgh_" + "A" * 43


@pytest.fixture(autouse=True)
def forgotten_failures() -> None:
    cache.clear()


def ask(authorization: str | None, **kwargs: Any) -> Any:
    headers = {} if authorization is None else {"authorization": authorization}
    return Client().get("/api/v1/jobs", headers=headers, **kwargs)


def test_a_token_is_asked_for_by_name(bob: User) -> None:
    text = Script(bob).text

    assert ask(f"Bearer {text}").status_code == 200
    assert ask(f"bearer {text}").status_code == 200
    for wrong in (None, "", text, f"Token {text}", f"Basic {text}", "Bearer", f"Bearer x{text}"):
        answer = ask(wrong)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer"), wrong


def test_whoever_has_the_text_hears_what_became_of_the_token(bob: User) -> None:
    script = Script(bob)
    soon = timezone.now() + timedelta(days=1)
    Token.objects.filter(pk=script.token.pk).update(expires_at=soon - timedelta(days=2))

    assert "expired" in script.get("/jobs").json()["message"]
    tokens.revoke(script.token, actor=actors.command_line())
    assert "revoked" in script.get("/jobs").json()["message"]


def test_a_token_reads_what_its_person_may_read_at_that_moment(
    bob: User, django_assert_max_num_queries: Any
) -> None:
    script = Script(bob)
    job = script.submit().json()["id"]
    bob.memberships.all().delete()

    assert script.get(f"/jobs/{job}").status_code == 404
    assert script.get("/jobs").json()["items"] == []


def test_it_says_what_is_left_of_the_allowance(bob: User, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    script = Script(bob)

    answers = [script.get("/jobs") for _ in range(3)]

    # The third may have come in the next minute.
    spent = next((answer for answer in answers if answer.status_code == 429), None)
    assert spent is not None or answers[2]["RateLimit-Remaining"] == "1"
    assert [answers[0][f"RateLimit-{name}"] for name in ("Limit", "Remaining")] == ["2", "1"]
    assert 1 <= int(answers[0]["RateLimit-Reset"]) <= 60


def test_one_token_has_nothing_to_do_with_anothers_allowance(bob: User, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    first, second = Script(bob), Script(bob)

    first.get("/jobs")

    assert second.get("/jobs").status_code == 200


def test_guessing_ends_at_429_and_then_not_even_a_token_is_looked_up(
    bob: User, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    with time_machine.travel(datetime.now(UTC), tick=False):  # all within one minute
        guesses = [ask(f"Bearer {GUESS}") for _ in range(8)]
    statuses = [answer.status_code for answer in guesses]

    refused = guesses[-1]
    elsewhere = ask(f"Bearer {Script(bob).text}", REMOTE_ADDR="203.0.113.7")

    assert statuses.count(429) >= 2
    assert set(statuses) == {401, 429}
    assert refused["Retry-After"] == refused["RateLimit-Reset"]
    assert refused.json()["code"] == "too_many_requests"
    assert elsewhere.status_code == 200


def test_refused_requests_leave_no_events(bob: User) -> None:
    before = AuditEvent.objects.exclude(verb=Verb.TOKEN_CREATED).count()

    ask(f"Bearer {GUESS}")

    assert AuditEvent.objects.exclude(verb=Verb.TOKEN_CREATED).count() == before
