"""Invitations: links by which people join a workspace. Each works once, and not for ever.

The secret part of a link is shown once and kept as a keyed digest, like a token (tokens.py).
"""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.actors import Actor
from jobs.choices import Role, Verb
from jobs.errors import DeskError, InvalidFields
from jobs.models import Invitation, Membership, User, Workspace
from jobs.permissions import Ability, abilities, require
from jobs.services import accounts, audit, content, members, tokens

NOTE_CHARACTERS = 80
MOST_DAYS = 30


@dataclass(frozen=True)
class NewInvitation:
    """An invitation at the one moment at which its link is known."""

    invitation: Invitation
    text: str


class InvitationVoid(DeskError):
    """The link was never made here, or was used, revoked or left too long; it says which."""

    code = "invitation_void"


class AlreadyMember(DeskError):
    """The person is a member already; a link changes nobody's role."""

    code = "already_member"


def invite(
    workspace: Workspace, *, role: Role, note: str, days: int, actor: Actor
) -> NewInvitation:
    """Make a link that admits one person as `role` within `days`; `note` says for whom.

    Raises NotPermitted and InvalidFields.
    """
    require(actor, Ability.ADMINISTER, workspace)
    note = note.strip()
    _check(note, days)
    text = secrets.token_urlsafe(32)
    now = timezone.now()
    with audit.act(actor) as act:
        invitation = Invitation.objects.create(
            workspace=workspace,
            role=role,
            note=note,
            digest=tokens.digest(text),
            created_by_id=actor.user_id,
            created_by_label=actor.label,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        data = {
            "invitation": invitation.pk,
            "role": role,
            "expires_at": audit.utc_text(invitation.expires_at),
        }
        act.record(Verb.MEMBER_INVITED, workspace, data=data)
    return NewInvitation(invitation, text)


def revoke(invitation: Invitation, *, actor: Actor) -> None:
    """Make an unused link void; for any other nothing changes. Raises NotPermitted."""
    require(actor, Ability.ADMINISTER, invitation.workspace)
    with audit.act(actor) as act:
        if _unused().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
            data = {"invitation": invitation.pk, "role": invitation.role}
            act.record(Verb.INVITATION_REVOKED, invitation.workspace, data=data)


def open_ones(workspace: Workspace) -> list[Invitation]:
    """The workspace's links that still admit somebody, newest first."""
    unused = _unused().filter(workspace=workspace, expires_at__gt=timezone.now())
    return [found for found in unused.order_by("-id") if _maker_still_may(found)]


def find(text: str) -> Invitation:
    """The invitation that the link stands for, if it still admits. Raises InvitationVoid."""
    found = (
        Invitation.objects.select_related("workspace").filter(digest=tokens.digest(text)).first()
    )
    if found is None:
        raise InvitationVoid("unknown")
    if found.accepted_at:
        raise InvitationVoid("used")
    if found.revoked_at or not _maker_still_may(found):
        raise InvitationVoid("revoked")
    if found.expires_at <= timezone.now():
        raise InvitationVoid("expired")
    return found


def accept(text: str, user: User, *, actor: Actor) -> Workspace:
    """Make the person a member, and the link void. Raises InvitationVoid and AlreadyMember."""
    invitation = find(text)
    with audit.act(actor) as act:
        _join(act, invitation, user)
    return invitation.workspace


def accept_as_new(
    text: str, *, username: str, full_name: str, email: str, password: str, actor: Actor
) -> User:
    """Make an account, its person a member, and the link void, or none of these.

    Raises InvitationVoid, and accounts.AccountRefusedError for a name that nobody can have.
    """
    invitation = find(text)
    user = accounts.new_user(username, email, password)
    user.first_name = full_name
    # The account has no number before it is saved, and the act needs its author first.
    joining = replace(actor, label=user.label)
    try:
        with audit.act(joining) as act:
            user.save()
            act.actor = replace(joining, user_id=user.pk)
            _join(act, invitation, user)
    except IntegrityError:
        # Somebody took the name in this very moment.
        raise accounts.AccountRefusedError(username) from None
    return user


def _join(act: audit.Act, invitation: Invitation, user: User) -> None:
    members.meet_at(invitation.workspace)
    now = timezone.now()
    still_open = _unused().filter(pk=invitation.pk, expires_at__gt=now)
    # The condition is the fence: of two who follow the link at once, one finds it used.
    if not still_open.update(accepted_at=now, accepted_by=user):
        raise InvitationVoid("used")
    _membership, created = Membership.objects.get_or_create(
        workspace=invitation.workspace, user=user, defaults={"role": invitation.role}
    )
    if not created:
        raise AlreadyMember(user.username)
    act.record(
        Verb.MEMBER_JOINED,
        invitation.workspace,
        data={"member_id": user.pk, "role": invitation.role, "invitation": invitation.pk},
        personal={"member": (user.label, user.pk)},
    )


def _maker_still_may(invitation: Invitation) -> bool:
    """Somebody who was removed must not come back, or let others in, by a link they kept."""
    maker = invitation.created_by_id
    return maker is None or Ability.ADMINISTER in abilities(maker, invitation.workspace)


def _unused() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, revoked_at=None)


def _check(note: str, days: int) -> None:
    problems: dict[str, list[str]] = {}
    if hidden := content.hidden_character(note):
        problems["note"] = [hidden]
    elif len(note) > NOTE_CHARACTERS:
        problems["note"] = [
            _("A note has at most %(most)s characters; this has %(count)s.")
            % {"most": NOTE_CHARACTERS, "count": len(note)}
        ]
    if not 1 <= days <= MOST_DAYS:
        problems["days"] = [_("A link is good for 1 to %(most)s days.") % {"most": MOST_DAYS}]
    if problems:
        raise InvalidFields(problems)
