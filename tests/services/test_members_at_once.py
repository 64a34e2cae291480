"""Two who change one person's membership at the same moment: one comes after the other."""

from functools import partial

import pytest

from jobs import actors
from jobs.choices import Role, Verb
from jobs.models import AuditEvent, Membership, User, Workspace
from jobs.services import invitations, members
from jobs.services.invitations import AlreadyMember
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
SERVER = actors.command_line()


def last_verbs() -> list[str]:
    """Those of the two newest events, oldest first."""
    return list(AuditEvent.objects.order_by("-seq").values_list("verb", flat=True)[:2][::-1])


@pytest.mark.parametrize("first", [Role.AUDITOR, Role.ADMIN])
def test_of_two_roles_one_is_added_and_the_other_a_change(
    first: Role, alice: User, charlie: User, workspace: Workspace
) -> None:
    admin = actors.Actor(kind="person", label=alice.label, user_id=alice.pk)
    (second,) = {Role.AUDITOR, Role.ADMIN} - {first}
    give = partial(members.add, workspace, charlie, actor=admin)

    at_once(partial(give, first), partial(give, second))

    assert last_verbs() == [Verb.MEMBER_ADDED, Verb.MEMBER_CHANGED]
    newest = AuditEvent.objects.latest("seq").canonical
    assert f'"role":"{Membership.objects.get(user=charlie).role}"' in newest


def test_a_role_given_while_an_invitation_is_accepted_is_a_change(
    charlie: User, workspace: Workspace
) -> None:
    new = invitations.invite(workspace, role=Role.VIEWER, note="", days=7, actor=SERVER)
    in_person = actors.Actor(kind="person", label=charlie.label, user_id=charlie.pk)

    at_once(
        partial(invitations.accept, new.text, charlie, actor=in_person),
        partial(members.add, workspace, charlie, Role.ADMIN, actor=SERVER),
    )

    assert last_verbs() == [Verb.MEMBER_JOINED, Verb.MEMBER_CHANGED]
    assert Membership.objects.get(user=charlie).role == Role.ADMIN


def test_an_invitation_accepted_while_a_role_is_given_is_of_no_use(
    charlie: User, workspace: Workspace
) -> None:
    new = invitations.invite(workspace, role=Role.VIEWER, note="", days=7, actor=SERVER)
    in_person = actors.Actor(kind="person", label=charlie.label, user_id=charlie.pk)

    with pytest.raises(AlreadyMember):
        at_once(
            partial(members.add, workspace, charlie, Role.ADMIN, actor=SERVER),
            partial(invitations.accept, new.text, charlie, actor=in_person),
        )

    assert Membership.objects.get(user=charlie).role == Role.ADMIN
