"""Accounts: who is the first administrator, and how nobody becomes it twice."""

import threading
from typing import Any

import pytest
import time_machine
from django.db import connection

from jobs import actors
from jobs.choices import Role
from jobs.models import AuditEvent, Membership, User, Workspace
from jobs.services import accounts, demo, workspaces
from tests.making import PASSWORD, make_person

VISITOR = actors.Actor(kind="person", label="", address="192.0.2.7", user_agent="Firefox")
NEW = {"email": "grace@example.com", "password": PASSWORD, "actor": VISITOR}


def test_it_adds_a_person_who_has_no_account(workspace: Workspace) -> None:
    made = accounts.add_member("grace", Role.AUDITOR, workspace, password=PASSWORD)

    grace = User.objects.get(username="grace")
    assert made
    assert grace.check_password(PASSWORD)
    assert not grace.is_superuser
    assert grace.memberships.get(workspace=workspace).role == Role.AUDITOR


def test_it_leaves_the_password_of_a_person_who_has_an_account(
    workspace: Workspace, bob: User
) -> None:
    made = accounts.add_member("bob", Role.ADMIN, workspace, password="something-else-entirely")

    bob.refresh_from_db()
    assert not made
    assert bob.check_password(PASSWORD)
    assert bob.memberships.get(workspace=workspace).role == Role.ADMIN


@pytest.mark.parametrize(
    ("username", "password", "reason"),
    [("grace", "", "DJANGO_SUPERUSER_PASSWORD"), ("grace hopper", PASSWORD, "valid username")],
)
def test_it_makes_no_account_that_cannot_be(
    workspace: Workspace, username: str, password: str, reason: str
) -> None:
    with pytest.raises(accounts.AccountRefusedError, match=reason):
        accounts.add_member(username, Role.VIEWER, workspace, password=password)

    assert not User.objects.exists()


def test_the_first_administrator_is_admin_of_the_first_workspace(db: None) -> None:
    made = accounts.ensure_administrator("grace", "grace@example.com", PASSWORD)
    again = accounts.ensure_administrator("grace", "", "another-password")

    grace = User.objects.get(username="grace")
    assert (made, again) == (True, False)
    assert grace.is_superuser
    assert grace.check_password(PASSWORD)
    assert grace.memberships.get().workspace == workspaces.ensure_first()
    assert grace.memberships.get().role == Role.ADMIN


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUBMITTER, Role.AUDITOR])
def test_no_other_role_makes_an_administrator(workspace: Workspace, role: Role) -> None:
    make_person("grace", role, workspace)

    assert not accounts.has_administrator()


def test_nobody_who_has_left_is_an_administrator(workspace: Workspace) -> None:
    make_person("grace", Role.ADMIN, workspace, is_active=False)

    assert not accounts.has_administrator()


def test_the_people_of_the_demo_are_no_administrators(workspace: Workspace, settings: Any) -> None:
    settings.DEMO = True
    demo.ensure_accounts()

    assert Membership.objects.filter(role=Role.ADMIN).exists()
    assert not accounts.has_administrator()


def test_the_link_makes_the_first_administrator_once(workspace: Workspace) -> None:
    token = accounts.set_up_link_token()

    grace = accounts.set_up(token, username="grace", **NEW)
    with pytest.raises(accounts.LinkVoidError, match="used"):
        accounts.set_up(token, username="eve", **NEW)

    assert grace.memberships.get(workspace=workspace).role == Role.ADMIN
    assert list(User.objects.all()) == [grace]
    event = AuditEvent.objects.get(verb="member.added")
    assert event.actor_kind == "system"


def test_the_link_is_good_for_an_hour(workspace: Workspace) -> None:
    with time_machine.travel("2026-01-31T08:00:00Z", tick=False) as clock:
        token = accounts.set_up_link_token()

        clock.shift(accounts.LINK_SECONDS)
        accounts.check_link(token)
        clock.shift(1)
        with pytest.raises(accounts.LinkVoidError, match="expired"):
            accounts.set_up(token, username="grace", **NEW)

    assert not User.objects.exists()


def test_a_link_of_somebody_elses_making_is_none(workspace: Workspace, settings: Any) -> None:
    settings.SECRET_KEY = "the key of another installation"
    token = accounts.set_up_link_token()
    settings.SECRET_KEY = "the key of this one"

    with pytest.raises(accounts.LinkForgedError):
        accounts.set_up(token, username="eve", **NEW)

    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_use_the_link_at_once_make_one_administrator() -> None:
    workspaces.ensure_first()
    token = accounts.set_up_link_token()
    gate = threading.Barrier(2)
    ends: list[str] = []

    def use(username: str) -> None:
        gate.wait()
        try:
            accounts.set_up(token, username=username, **NEW)
            ends.append("made")
        except accounts.LinkVoidError as void:
            ends.append(str(void))
        finally:
            connection.close()

    people = [threading.Thread(target=use, args=(name,)) for name in ("grace", "eve")]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(ends) == ["made", "used"]
    assert User.objects.count() == 1
