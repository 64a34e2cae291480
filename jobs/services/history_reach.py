"""Who may read which part of the history."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from jobs.actors import Actor
from jobs.choices import ActorKind, Role
from jobs.errors import NotPermitted
from jobs.models import Membership, ReviewMark, User, Workspace
from jobs.permissions import ABILITIES, Ability, within_scopes
from jobs.services.members import memberships_of

# Each page of the history begins with it. Written out, because composing it would cost more than
# running it.
_HOW_MANY = "SELECT count(*) FROM jobs_workspace"


@dataclass(frozen=True, eq=False)
class Reach:
    """The workspaces whose events somebody may read, by id. Two are equal that open the same.

    With `everywhere` they are all workspaces there are, and the events that belong to none,
    sign-ins among them, are open too. Otherwise those are open of the people of these
    workspaces.
    """

    workspaces: dict[int, Workspace]
    everywhere: bool

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reach) and self.marked_ids() == other.marked_ids()

    def __hash__(self) -> int:
        return hash(tuple(self.marked_ids()))

    def events(self) -> Q:
        """The condition on events that may be shown."""
        if self.everywhere:
            return Q()
        people = Membership.objects.filter(workspace__in=self.workspaces).values("user_id")
        return Q(workspace_id__in=self.workspaces) | Q(workspace_id=None, actor_user_id__in=people)

    def marked_ids(self) -> list[int]:
        """What the review marks of this reach are kept under."""
        return [*self.workspaces, *([ReviewMark.NO_WORKSPACE] if self.everywhere else [])]


def of(user: User, memberships: Iterable[Membership] | None = None) -> Reach:
    """What the person may read: the workspaces that they audit. Two queries, or one if their
    memberships are given, with the workspaces."""
    if memberships is None:
        memberships = memberships_of(user.pk)
    audited = {
        membership.workspace_id: membership.workspace
        for membership in memberships
        if Ability.AUDIT in ABILITIES[Role(membership.role)]
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOW_MANY)
        (there,) = cursor.fetchone()
    return Reach(audited, bool(audited) and len(audited) == there)


def whole() -> Reach:
    """What the command line may read."""
    return Reach(Workspace.objects.in_bulk(), everywhere=True)


def require(actor: Actor) -> Reach:
    """What the actor may read, or NotPermitted if that is nothing."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.WORKER):
        return whole()
    if actor.user_id is not None and within_scopes(actor, Ability.AUDIT):
        user = User.objects.filter(pk=actor.user_id, is_active=True).first()
        if user and (reach := of(user)).workspaces:
            return reach
    raise NotPermitted(Ability.AUDIT)
