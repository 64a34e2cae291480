"""Personal tokens: shown once, kept as a keyed digest, limited by scope, expiry and revocation."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from jobs import actors
from jobs.actors import Actor
from jobs.choices import ActorKind, Scope, Verb
from jobs.errors import InvalidFields, NotPermitted
from jobs.models import AuditEvent, AuditPersonal, Token, User
from jobs.services import tokens


def person(user: User, **fields: Any) -> Actor:
    return Actor(kind=ActorKind.PERSON, label=user.label, user_id=user.pk, **fields)


def make(user: User, **fields: Any) -> tokens.NewToken:
    fields = {"name": "nightly", "scopes": ["read", "submit"], "actor": person(user)} | fields
    return tokens.create(user, **fields)


def test_a_token_is_found_by_its_text_and_by_nothing_less(bob: User) -> None:
    made = make(bob)

    assert tokens.find(made.text) == made.token
    for wrong in (made.text[:-1], made.text + "A", made.text.swapcase(), made.token.prefix, ""):
        with pytest.raises(tokens.TokenRefused):
            tokens.find(wrong)


def test_its_text_is_in_no_column_and_in_no_event(bob: User) -> None:
    made = make(bob)
    secret = made.text.removeprefix(made.token.prefix)

    stored = list(Token.objects.values_list()) + list(AuditEvent.objects.values_list())
    stored += list(AuditPersonal.objects.values_list())

    assert made.text.startswith(made.token.prefix)
    assert secret not in repr(stored)


def test_it_keeps_the_scopes_in_their_own_order(bob: User) -> None:
    made = make(bob, scopes={"audit", "read"})

    assert made.token.scopes == ["read", "audit"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "nightly\u202eylthgin"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["administer"]}, "scopes"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "expires_at"),
    ],
)
def test_it_refuses_what_no_token_can_have(bob: User, fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        make(bob, **fields)

    assert list(refused.value.fields) == [wrong]
    assert not Token.objects.exists()


def test_two_live_tokens_of_a_person_have_different_names(bob: User, vera: User) -> None:
    first = make(bob)
    make(vera)

    with pytest.raises(InvalidFields):
        make(bob)
    tokens.revoke(first.token, actor=person(bob))

    assert make(bob).token.name == "nightly"


def test_a_revoked_token_is_refused_from_that_moment(bob: User) -> None:
    made = make(bob)

    tokens.revoke(made.token, actor=person(bob))
    tokens.revoke(made.token, actor=person(bob))

    with pytest.raises(tokens.TokenRefused):
        tokens.find(made.text)
    assert AuditEvent.objects.filter(verb=Verb.TOKEN_REVOKED).count() == 1


def test_an_expired_token_is_refused(bob: User) -> None:
    made = make(bob, expires_at=timezone.now() + timedelta(days=1))

    with time_machine.travel(timezone.now() + timedelta(hours=23), tick=False):
        assert tokens.find(made.text) == made.token
    with (
        time_machine.travel(timezone.now() + timedelta(hours=25), tick=False),
        pytest.raises(tokens.TokenRefused),
    ):
        tokens.find(made.text)


def test_the_token_of_someone_who_left_is_refused(bob: User) -> None:
    made = make(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)

    with pytest.raises(tokens.TokenRefused):
        tokens.find(made.text)


def test_nobody_makes_or_revokes_a_token_for_another_person(alice: User, bob: User) -> None:
    made = make(bob)

    with pytest.raises(NotPermitted):
        make(bob, name="for me", actor=person(alice))
    with pytest.raises(NotPermitted):
        tokens.revoke(made.token, actor=person(alice))
    assert make(bob, name="from the server", actor=actors.command_line()).token.user == bob


def test_a_token_makes_no_tokens_and_revokes_none(bob: User) -> None:
    made = make(bob)
    stolen = Actor(
        kind=ActorKind.TOKEN,
        label=bob.label,
        user_id=bob.pk,
        token_id=made.token.pk,
        scopes=frozenset(Scope.values),
    )

    with pytest.raises(NotPermitted):
        make(bob, name="second", actor=stolen)
    with pytest.raises(NotPermitted):
        tokens.revoke(made.token, actor=stolen)


def test_a_new_secret_key_leaves_tokens_alone_when_they_have_a_key_of_their_own(
    bob: User, settings: Any
) -> None:
    settings.TOKEN_DIGEST_KEY = "a-key-of-its-own"
    made = make(bob)

    settings.SECRET_KEY = "rotated"

    assert tokens.find(made.text) == made.token


def test_another_digest_key_voids_every_token(bob: User, settings: Any) -> None:
    made = make(bob)

    settings.TOKEN_DIGEST_KEY = "another"

    with pytest.raises(tokens.TokenRefused):
        tokens.find(made.text)
