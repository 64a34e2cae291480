"""The page for the first administrator."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from jobs.choices import Role
from jobs.models import AuditEvent, AuditPersonal, User, Workspace
from jobs.services import accounts
from tests.making import PASSWORD

TYPED = {"username": "grace", "email": "", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def page(workspace: Workspace) -> str:
    """The address that the start prints."""
    return reverse("set-up", args=[accounts.set_up_link_token()])


def test_it_makes_the_administrator_and_signs_in(client: Client, page: str) -> None:
    assert client.get(page).status_code == 200

    answer = client.post(page, TYPED, follow=True)

    grace = User.objects.get()
    assert answer.wsgi_request.user == grace
    assert grace.memberships.get().role == Role.ADMIN
    added = AuditEvent.objects.get(verb="member.added")
    address = AuditPersonal.objects.get(event_seq=added.seq, field="address")
    assert address.value == "127.0.0.1"
    assert AuditEvent.objects.filter(verb="session.signed_in", actor_user_id=grace.pk).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "grace hopper"}, "username"),
        ({"email": "not an address"}, "email"),
        ({"password1": "12345", "password2": "12345"}, "password2"),
        ({"password2": "something-else"}, "password2"),
    ],
)
def test_it_says_what_is_wrong_at_its_field(
    client: Client, page: str, changes: dict[str, str], field: str
) -> None:
    answer = client.post(page, TYPED | changes)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert not User.objects.exists()


def test_it_is_gone_when_there_is_an_administrator(client: Client, page: str, alice: User) -> None:
    answer = client.post(page, TYPED)

    assert answer.status_code == 410
    assert list(User.objects.all()) == [alice]


def test_it_is_not_found_without_the_link(
    client_of: Callable[[User], Client], charlie: User
) -> None:
    answer = client_of(charlie).post(
        reverse("set-up", args=["administrator.1xVqHj.made-up"]), TYPED
    )

    assert answer.status_code == 404
    assert not accounts.has_administrator()
