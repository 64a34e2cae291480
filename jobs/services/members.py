"""Members: who may do what in which workspace. People leave; what they did stays."""

from jobs.actors import Actor
from jobs.choices import Role, Verb
from jobs.models import Membership, User, Workspace
from jobs.permissions import Ability, require
from jobs.services import audit


def add(workspace: Workspace, user: User, role: Role, *, actor: Actor) -> Membership:
    """Give the person the role, whether or not they had another. Raises NotPermitted."""
    require(actor, Ability.ADMINISTER, workspace)
    with audit.act(actor) as act:
        return admit(act, workspace, user, role)


def admit(act: audit.Act, workspace: Workspace, user: User, role: Role) -> Membership:
    """Give the person the role inside the caller's act, which the caller may do."""
    old = Membership.objects.select_for_update().filter(workspace=workspace, user=user).first()
    if old and old.role == role:
        return old
    membership, _created = Membership.objects.update_or_create(
        workspace=workspace, user=user, defaults={"role": role}
    )
    act.record(
        Verb.MEMBER_CHANGED if old else Verb.MEMBER_ADDED,
        workspace,
        data={"member_id": user.pk, "role": role, "old_role": old.role if old else ""},
        personal={"member": (user.label, user.pk)},
    )
    return membership


def remove(membership: Membership, *, actor: Actor) -> None:
    """End a membership; the person's acts stay in the history. Raises NotPermitted."""
    require(actor, Ability.ADMINISTER, membership.workspace)
    with audit.act(actor) as act:
        act.record(
            Verb.MEMBER_REMOVED,
            membership.workspace,
            data={"member_id": membership.user_id, "old_role": membership.role},
            personal={"member": (membership.user.label, membership.user_id)},
        )
        membership.delete()
