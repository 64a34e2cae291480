"""Who may do what: one table of roles and abilities, asked by every service that writes."""

from enum import StrEnum

from django.db.models import QuerySet

from jobs.actors import Actor
from jobs.choices import ActorKind, Role, Scope
from jobs.errors import NotPermitted
from jobs.models import ImportJob, Membership, User, Workspace


class Ability(StrEnum):
    """Something a role allows in a workspace."""

    SEE = "see"
    SUBMIT = "submit"
    RESOLVE_ANY = "resolve_any"
    DELETE_ANY = "delete_any"
    AUDIT = "audit"
    ADMINISTER = "administer"


ABILITIES: dict[Role, frozenset[Ability]] = {
    Role.VIEWER: frozenset({Ability.SEE}),
    Role.SUBMITTER: frozenset({Ability.SEE, Ability.SUBMIT}),
    Role.AUDITOR: frozenset({Ability.SEE, Ability.AUDIT}),
    Role.ADMIN: frozenset(Ability),
}

# A token never allows more than its person's role does.
SCOPES: dict[Scope, frozenset[Ability]] = {
    Scope.READ: frozenset({Ability.SEE}),
    Scope.SUBMIT: frozenset({Ability.SEE, Ability.SUBMIT, Ability.RESOLVE_ANY, Ability.DELETE_ANY}),
    Scope.AUDIT: frozenset({Ability.SEE, Ability.AUDIT}),
}


def abilities(user_id: int | None, workspace: Workspace) -> frozenset[Ability]:
    """What the person may do in the workspace; nothing for a stranger. One query."""
    if user_id is None:
        return frozenset()
    role = (
        Membership.objects.filter(user_id=user_id, user__is_active=True, workspace=workspace)
        .values_list("role", flat=True)
        .first()
    )
    return ABILITIES[Role(role)] if role else frozenset()


def workspaces_allowing(user: User, ability: Ability) -> QuerySet[Workspace]:
    """The workspaces in which the person's role has the ability."""
    return Workspace.objects.filter(
        memberships__user=user, memberships__role__in=_roles_with(ability)
    )


def people_allowed(workspace: Workspace, ability: Ability) -> QuerySet[User]:
    """The people whose role in the workspace has the ability: whom to ask."""
    return User.objects.filter(
        is_active=True,
        memberships__workspace=workspace,
        memberships__role__in=_roles_with(ability),
    ).order_by("first_name", "last_name", "username")


def _roles_with(ability: Ability) -> list[Role]:
    return [role for role, allowed in ABILITIES.items() if ability in allowed]


def held_by(actor: Actor, workspace: Workspace) -> frozenset[Ability]:
    """What the actor may do in the workspace: their role's abilities, within a token's scopes."""
    return frozenset(
        ability for ability in abilities(actor.user_id, workspace) if within_scopes(actor, ability)
    )


def within_scopes(actor: Actor, ability: Ability) -> bool:
    """Whether the actor's token was made for this; anyone who is no token may try."""
    return actor.scopes is None or any(ability in SCOPES[Scope(s)] for s in actor.scopes)


def require(actor: Actor, ability: Ability, workspace: Workspace) -> None:
    """Let the actor go on, or raise NotPermitted. Workers and the command line may do all."""
    if actor.kind in (ActorKind.WORKER, ActorKind.SYSTEM):
        return
    if ability not in held_by(actor, workspace):
        raise NotPermitted(ability)


def may_act_on(
    user_id: int | None, held: frozenset[Ability], any_ability: Ability, job: ImportJob
) -> bool:
    """Whether someone holding `held` may resolve or delete this job: their own, or any."""
    own = Ability.SUBMIT in held and user_id is not None and job.submitted_by_id == user_id
    return own or any_ability in held


def require_on_job(actor: Actor, any_ability: Ability, job: ImportJob) -> None:
    """Let the actor resolve or delete this job, or raise NotPermitted."""
    if actor.kind in (ActorKind.WORKER, ActorKind.SYSTEM):
        return
    held = held_by(actor, job.workspace)
    if not may_act_on(actor.user_id, held, any_ability, job):
        raise NotPermitted(any_ability)
