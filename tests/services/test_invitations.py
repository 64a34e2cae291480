"""Invitations: a link that admits one person, once, for a while."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from jobs.actors import Actor
from jobs.choices import ActorKind, Role, Verb
from jobs.errors import InvalidFields, NotPermitted
from jobs.models import AuditEvent, AuditPersonal, Invitation, Membership, User, Workspace
from jobs.services import accounts, invitations, members
from jobs.services.invitations import AlreadyMember, InvitationVoid
from tests.making import make_person

NOBODY = Actor(kind=ActorKind.PERSON, label="")
GOOD_PASSWORD = "correct-horse-battery"


def as_person(user: User) -> Actor:
    return Actor(kind=ActorKind.PERSON, label=user.label, user_id=user.pk)


def invite(by: User, workspace: Workspace, **fields: Any) -> invitations.NewInvitation:
    fields = {"role": Role.SUBMITTER, "note": "for Dora", "days": 7} | fields
    return invitations.invite(workspace, **fields, actor=as_person(by))


def accept_as_new(text: str, **fields: str) -> User:
    fields = {
        "username": "dora",
        "full_name": "Dora Chen",
        "email": "",
        "password": GOOD_PASSWORD,
    } | fields
    return invitations.accept_as_new(text, **fields, actor=NOBODY)


def test_a_link_admits_one_person_once(alice: User, charlie: User, workspace: Workspace) -> None:
    made = invite(alice, workspace)

    invitations.accept(made.text, charlie, actor=as_person(charlie))

    assert Membership.objects.get(user=charlie).role == Role.SUBMITTER
    with pytest.raises(InvitationVoid, match="used"):
        invitations.accept(made.text, make_person("dora"), actor=NOBODY)
    assert AuditEvent.objects.get(verb=Verb.MEMBER_JOINED).actor_user_id == charlie.pk


def test_a_link_makes_an_account_with_its_membership(alice: User, workspace: Workspace) -> None:
    made = invite(alice, workspace, role=Role.AUDITOR)

    dora = accept_as_new(made.text)

    assert (dora.label, dora.check_password(GOOD_PASSWORD)) == ("Dora Chen", True)
    assert Membership.objects.get(user=dora).role == Role.AUDITOR
    assert AuditEvent.objects.get(verb=Verb.MEMBER_JOINED).actor_user_id == dora.pk


def test_a_name_that_nobody_can_have_uses_nothing_up(alice: User, workspace: Workspace) -> None:
    made = invite(alice, workspace)

    with pytest.raises(accounts.AccountRefusedError):
        accept_as_new(made.text, username="alice")

    assert accept_as_new(made.text).username == "dora"


def test_of_two_who_follow_a_link_at_once_one_finds_it_used(
    alice: User, charlie: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = invite(alice, workspace)
    find = invitations.find

    def somebody_is_quicker(text: str) -> Invitation:
        found = find(text)
        monkeypatch.undo()
        invitations.accept(text, charlie, actor=as_person(charlie))
        return found

    monkeypatch.setattr(invitations, "find", somebody_is_quicker)

    with pytest.raises(InvitationVoid):
        accept_as_new(made.text)
    assert not User.objects.filter(username="dora").exists()


def test_its_secret_is_in_no_column_and_in_no_event(alice: User, workspace: Workspace) -> None:
    made = invite(alice, workspace)

    stored = list(Invitation.objects.values_list()) + list(AuditEvent.objects.values_list())
    stored += list(AuditPersonal.objects.values_list())

    assert made.text not in repr(stored)


def test_a_link_is_void_after_its_days(alice: User, charlie: User, workspace: Workspace) -> None:
    made = invite(alice, workspace, days=1)

    with (
        time_machine.travel(timezone.now() + timedelta(hours=25), tick=False),
        pytest.raises(InvitationVoid, match="expired"),
    ):
        invitations.accept(made.text, charlie, actor=as_person(charlie))
    assert not Membership.objects.filter(user=charlie).exists()


def test_a_revoked_link_is_void(alice: User, charlie: User, workspace: Workspace) -> None:
    made = invite(alice, workspace)

    invitations.revoke(made.invitation, actor=as_person(alice))

    assert invitations.open_ones(workspace) == []
    with pytest.raises(InvitationVoid, match="revoked"):
        invitations.accept(made.text, charlie, actor=as_person(charlie))


def test_a_link_is_void_once_its_maker_may_not_admit_anyone(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    members.add(workspace, bob, Role.ADMIN, actor=as_person(alice))
    made = invite(bob, workspace, role=Role.ADMIN)

    members.remove(bob.memberships.get(), actor=as_person(alice))

    with pytest.raises(InvitationVoid, match="revoked"):
        invitations.accept(made.text, bob, actor=as_person(bob))
    assert invitations.open_ones(workspace) == []


def test_a_link_changes_nobodys_role(alice: User, vera: User, workspace: Workspace) -> None:
    made = invite(alice, workspace, role=Role.ADMIN)

    with pytest.raises(AlreadyMember):
        invitations.accept(made.text, vera, actor=as_person(vera))

    assert Membership.objects.get(user=vera).role == Role.VIEWER
    assert invitations.open_ones(workspace) == [made.invitation]


def test_a_text_that_was_never_a_link_is_void(workspace: Workspace) -> None:
    with pytest.raises(InvitationVoid, match="unknown"):
        invitations.find("guess")


@pytest.mark.parametrize("fields", [{"days": 0}, {"days": 31}, {"note": "x" * 81}, {"note": "\0"}])
def test_it_refuses_what_no_link_can_be(
    alice: User, workspace: Workspace, fields: dict[str, Any]
) -> None:
    with pytest.raises(InvalidFields):
        invite(alice, workspace, **fields)


def test_only_admins_make_and_revoke_links(alice: User, bob: User, workspace: Workspace) -> None:
    made = invite(alice, workspace)

    with pytest.raises(NotPermitted):
        invite(bob, workspace)
    with pytest.raises(NotPermitted):
        invitations.revoke(made.invitation, actor=as_person(bob))
