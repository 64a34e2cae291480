"""`manage.py create_token`."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from jobs.models import User
from jobs.services import tokens


def create_token(*arguments: str) -> str:
    out = StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue()


def test_the_token_is_the_last_word_printed(bob: User) -> None:
    printed = create_token("bob", "--name", "nightly")

    token = tokens.find(printed.split()[-1])
    assert (token.user, token.name, token.expires_at) == (bob, "nightly", None)
    assert token.scopes == ["read", "submit", "audit"]


def test_scopes_and_expiry_can_be_given(bob: User) -> None:
    arguments = ["--scope", "read", "--scope", "audit", "--expires-days", "30"]

    token = tokens.find(create_token("bob", "--name", "n", *arguments).split()[-1])

    assert token.scopes == ["read", "audit"]
    assert token.expires_at is not None
    assert abs(token.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nobody", "--name", "n"],
        ["bob", "--name", " "],
        ["bob", "--name", "n", "--expires-days", "0"],
        ["bob", "--name", "n", "--expires-days", "99999999999"],
    ],
)
def test_it_says_what_cannot_be(bob: User, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        create_token(*arguments)


def test_someone_who_left_gets_no_token(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)

    with pytest.raises(CommandError):
        create_token("bob", "--name", "n")
