"""Who may read which part of the history."""

from dataclasses import dataclass

from django.db.models import Q

from jobs.actors import Actor
from jobs.choices import ActorKind
from jobs.errors import NotPermitted
from jobs.models import Membership, ReviewMark, User, Workspace
from jobs.permissions import Ability, within_scopes, workspaces_allowing


@dataclass(frozen=True)
class Reach:
    """The workspaces whose events somebody may read, by id.

    With `everywhere` they are all workspaces there are, and the events that belong to none,
    sign-ins among them, are open too. Otherwise those are open of the people of these
    workspaces.
    """

    workspaces: dict[int, Workspace]
    everywhere: bool

    def events(self) -> Q:
        """The condition on events that may be shown."""
        if self.everywhere:
            return Q()
        people = Membership.objects.filter(workspace__in=self.workspaces).values("user_id")
        return Q(workspace_id__in=self.workspaces) | Q(workspace_id=None, actor_user_id__in=people)

    def marked_ids(self) -> list[int]:
        """What the review marks of this reach are kept under."""
        return [*self.workspaces, *([ReviewMark.NO_WORKSPACE] if self.everywhere else [])]


def of(user: User) -> Reach:
    """What the person may read: the workspaces that they audit. Two queries."""
    audited = {workspace.pk: workspace for workspace in workspaces_allowing(user, Ability.AUDIT)}
    return Reach(audited, bool(audited) and len(audited) == Workspace.objects.count())


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
