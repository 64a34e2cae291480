"""Members: who may do what in which workspace. People leave; what they did stays."""

from functools import cache

from django.db import DEFAULT_DB_ALIAS

from jobs.actors import Actor
from jobs.choices import ActorKind, Role, Verb
from jobs.errors import LastAdmin
from jobs.models import Membership, User, Workspace
from jobs.models.statements import Statement
from jobs.permissions import Ability, require
from jobs.services import audit

_MEMBERSHIP = [field.attname for field in Membership._meta.concrete_fields]
_WORKSPACE = [field.attname for field in Workspace._meta.concrete_fields]


def memberships_of(user_id: int) -> list[Membership]:
    """The person's roles, with the workspaces, in the order of their numbers. One query."""
    found = []
    for row in _memberships().rows(user_id):
        membership = Membership.from_db(DEFAULT_DB_ALIAS, _MEMBERSHIP, row[: len(_MEMBERSHIP)])
        membership.workspace = Workspace.from_db(
            DEFAULT_DB_ALIAS, _WORKSPACE, row[len(_MEMBERSHIP) :]
        )
        found.append(membership)
    return found


@cache
def _memberships() -> Statement:
    # Every page of a signed-in person begins with it.
    columns = (*_MEMBERSHIP, *(f"workspace__{name}" for name in _WORKSPACE))
    found = Membership.objects.filter(user=0).order_by("workspace_id")
    return Statement.of(found.values_list(*columns))


def add(workspace: Workspace, user: User, role: Role, *, actor: Actor) -> Membership:
    """Give the person the role, whether or not they had another.

    Raises NotPermitted, and LastAdmin if nobody would be left to administer the workspace.
    """
    require(actor, Ability.ADMINISTER, workspace)
    with audit.act(actor) as act:
        meet_at(workspace)
        if role != Role.ADMIN:
            _require_another_admin(workspace, user, actor)
        return _give(act, workspace, user, role)


def admit(act: audit.Act, workspace: Workspace, user: User, role: Role) -> Membership:
    """Give the person the role inside the caller's act, which the caller may do."""
    meet_at(workspace)
    return _give(act, workspace, user, role)


def meet_at(workspace: Workspace) -> None:
    """Before the caller's act changes who is a member: those who do so at the same moment come one
    after the other, as two admins who remove each other. Jobs arrive meanwhile."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)


def _give(act: audit.Act, workspace: Workspace, user: User, role: Role) -> Membership:
    membership = workspace.memberships.filter(user=user).first()
    old_role = membership.role if membership else ""
    if membership is None:
        membership = Membership.objects.create(workspace=workspace, user=user, role=role)
    elif old_role == role:
        return membership
    else:
        membership.role = role
        membership.save(update_fields=["role"])
    act.record(
        Verb.MEMBER_CHANGED if old_role else Verb.MEMBER_ADDED,
        workspace,
        data={"member_id": user.pk, "role": role, "old_role": old_role},
        personal={"member": (user.label, user.pk)},
    )
    return membership


def remove(membership: Membership, *, actor: Actor) -> None:
    """End a membership, another's or one's own; the person's acts stay in the history.

    Raises NotPermitted, and LastAdmin if nobody would be left to administer the workspace.
    """
    workspace, user = membership.workspace, membership.user
    leaves = actor.kind == ActorKind.PERSON and actor.user_id == user.pk
    if not leaves:
        require(actor, Ability.ADMINISTER, workspace)
    with audit.act(actor) as act:
        meet_at(workspace)
        _require_another_admin(workspace, user, actor)
        gone, _by_model = Membership.objects.filter(pk=membership.pk).delete()
        if not gone:
            return  # somebody else was quicker
        act.record(
            Verb.MEMBER_LEFT if leaves else Verb.MEMBER_REMOVED,
            workspace,
            data={"member_id": user.pk, "old_role": membership.role},
            personal={"member": (user.label, user.pk)},
        )


def _require_another_admin(workspace: Workspace, user: User, actor: Actor) -> None:
    if actor.kind == ActorKind.SYSTEM:
        return  # whoever has the command line can make an admin at any time
    # Asked once more, behind the lock: another admin may have removed this one since.
    if actor.user_id != user.pk:
        require(actor, Ability.ADMINISTER, workspace)
    admins = workspace.memberships.filter(role=Role.ADMIN, user__is_active=True)
    if admins.filter(user=user).exists() and not admins.exclude(user=user).exists():
        raise LastAdmin(workspace.slug)
