"""Members: roles, leaving, and that somebody is always left to administer."""

from typing import Any

import pytest

from jobs import actors
from jobs.actors import Actor
from jobs.choices import ActorKind, Role, Verb
from jobs.errors import LastAdmin, NotPermitted
from jobs.models import AuditEvent, ImportJob, Membership, User, Workspace
from jobs.services import members
from tests.making import make_job, make_person


def as_person(user: User) -> Actor:
    return Actor(kind=ActorKind.PERSON, label=user.label, user_id=user.pk)


def membership(user: User) -> Membership:
    return Membership.objects.select_related("workspace", "user").get(user=user)


def test_an_admin_gives_and_takes_roles(alice: User, bob: User, workspace: Workspace) -> None:
    members.add(workspace, bob, Role.AUDITOR, actor=as_person(alice))

    assert membership(bob).role == Role.AUDITOR
    event = AuditEvent.objects.get(verb=Verb.MEMBER_CHANGED)
    assert '"old_role":"submitter"' in event.canonical


def test_the_role_that_one_has_is_no_news(alice: User, bob: User, workspace: Workspace) -> None:
    before = AuditEvent.objects.count()

    members.add(workspace, bob, Role.SUBMITTER, actor=as_person(alice))

    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("who", ["bob", "vera", "ada", "charlie"])
def test_nobody_else_does(who: str, workspace: Workspace, request: pytest.FixtureRequest) -> None:
    acting: User = request.getfixturevalue(who)
    other = make_person("other", Role.VIEWER, workspace)

    with pytest.raises(NotPermitted):
        members.add(workspace, acting, Role.ADMIN, actor=as_person(acting))
    with pytest.raises(NotPermitted):
        members.remove(membership(other), actor=as_person(acting))


def test_whoever_leaves_leaves_their_history(alice: User, bob: User, workspace: Workspace) -> None:
    job = make_job(workspace, by=bob)

    members.remove(membership(bob), actor=as_person(alice))

    assert not ImportJob.objects.visible_to(bob).exists()
    job.refresh_from_db()
    assert (job.submitted_by, job.submitted_by_label) == (bob, "Bob")
    assert AuditEvent.objects.filter(verb=Verb.MEMBER_REMOVED, actor_user_id=alice.pk).exists()


def test_anyone_may_leave(alice: User, vera: User) -> None:
    members.remove(membership(vera), actor=as_person(vera))

    assert AuditEvent.objects.filter(verb=Verb.MEMBER_LEFT, actor_user_id=vera.pk).exists()


def test_the_last_admin_stays(alice: User, bob: User, workspace: Workspace) -> None:
    with pytest.raises(LastAdmin):
        members.remove(membership(alice), actor=as_person(alice))
    with pytest.raises(LastAdmin):
        members.add(workspace, alice, Role.VIEWER, actor=as_person(alice))

    members.add(workspace, bob, Role.ADMIN, actor=as_person(alice))
    members.remove(membership(alice), actor=as_person(alice))

    assert workspace.memberships.get(role=Role.ADMIN).user == bob


def test_an_admin_without_an_account_in_use_does_not_count(
    alice: User, bob: User, workspace: Workspace
) -> None:
    members.add(workspace, bob, Role.ADMIN, actor=as_person(alice))
    User.objects.filter(pk=bob.pk).update(is_active=False)

    with pytest.raises(LastAdmin):
        members.remove(membership(alice), actor=as_person(alice))


def test_of_two_admins_who_remove_each_other_one_stays(
    alice: User, bob: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    members.add(workspace, bob, Role.ADMIN, actor=as_person(alice))
    alices, bobs = membership(alice), membership(bob)
    required = members.require

    def bob_is_quicker(*arguments: Any) -> None:
        required(*arguments)
        monkeypatch.undo()
        members.remove(alices, actor=as_person(bob))

    monkeypatch.setattr(members, "require", bob_is_quicker)

    with pytest.raises(NotPermitted):
        members.remove(bobs, actor=as_person(alice))
    assert workspace.memberships.get(role=Role.ADMIN).user == bob


def test_the_command_line_may_end_even_the_last_admin(alice: User, workspace: Workspace) -> None:
    members.remove(membership(alice), actor=actors.command_line())

    assert not workspace.memberships.exists()
