"""Single sign-on: who a provider's word lets in, and which role they begin with.

The protocol is allauth's (jobs/views/single_sign_on.py). Here a person whom a configured
provider vouches for is found or made. A mapping of SSO_ROLES only ever grants: it changes no
role, and whoever left or was removed is not taken in again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Q

from jobs.actors import Actor
from jobs.choices import Role, Verb
from jobs.errors import DeskError
from jobs.models import AuditEvent, Membership, User, Workspace
from jobs.services import audit, members, workspaces

KINDS = ("domain", "group")
NAME_CHARACTERS = 150


@dataclass(frozen=True)
class Identity:
    """What the provider says of whoever signs in; `email` only if it says that it is verified."""

    provider: str
    uid: str
    name: str = ""
    email: str = ""
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Mapping:
    """One entry of SSO_ROLES; `slug` is "" for the first workspace."""

    kind: str
    value: str
    role: Role
    slug: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    def fits(self, identity: Identity) -> bool:
        """Whether it is about this person. A domain is compared as a whole."""
        if self.kind == "domain":
            return bool(identity.email) and identity.email.rpartition("@")[2] == self.value
        return self.value in identity.groups


class SignInRefused(DeskError):
    """The provider's word is not enough; it says why: unmapped, taken or closed."""

    code = "sign_in_refused"


def mappings() -> list[Mapping]:
    """SSO_ROLES as it is meant. Raises ValueError for an entry that means nothing."""
    return [_mapping(entry) for entry in settings.SSO_ROLES]


def sign_in(identity: Identity, *, actor: Actor) -> User:
    """The person behind the identity, made at their first sign-in if a mapping fits them, with
    the roles that mappings grant. Raises SignInRefused, and then nothing was changed."""
    link = _links().filter(provider=identity.provider, uid=identity.uid).first()
    fitting = [mapping for mapping in mappings() if mapping.fits(identity)]
    if link is None:
        person = _new_person(identity, known=bool(fitting))
    elif link.user.is_active:
        person = link.user
    else:
        raise SignInRefused("closed")
    try:
        with audit.act(replace(actor, label=person.label)) as act:
            if link is None:
                person.save()
                _links().create(provider=identity.provider, uid=identity.uid, user=person)
            act.actor = replace(actor, label=person.label, user_id=person.pk)
            # allauth refreshes what the provider told each time; none of it is kept.
            _links().filter(user=person).update(extra_data={})
            for mapping, workspace in _targets(fitting):
                _grant(act, person, workspace, mapping)
    except IntegrityError:
        # The same person, or somebody with the same name, came in this very moment.
        raise SignInRefused("taken") from None
    return person


def _grant(act: audit.Act, person: User, workspace: Workspace, mapping: Mapping) -> None:
    members.meet_at(workspace)
    if Membership.objects.filter(user=person, workspace=workspace).exists():
        return
    if _left_before(person, workspace):
        return
    Membership.objects.create(user=person, workspace=workspace, role=mapping.role)
    act.record(
        Verb.MEMBER_ADDED,
        workspace,
        data={
            "member_id": person.pk,
            "role": mapping.role,
            "old_role": "",
            "mapping": str(mapping),
        },
        personal={"member": (person.label, person.pk)},
    )


def _left_before(person: User, workspace: Workspace) -> bool:
    """The history is asked: it alone forgets no removal."""
    return AuditEvent.objects.filter(
        workspace_id=workspace.pk,
        verb__in=(Verb.MEMBER_REMOVED, Verb.MEMBER_LEFT),
        canonical__contains=f'"member_id":{person.pk},',
    ).exists()


def _targets(fitting: list[Mapping]) -> Iterator[tuple[Mapping, Workspace]]:
    """Each workspace once, under the first entry that leads there."""
    seen = set()
    for mapping in fitting:
        if mapping.slug:
            workspace = Workspace.objects.filter(slug=mapping.slug).first()
        else:
            workspace = Workspace.objects.order_by("id").first()
        if workspace and workspace.pk not in seen:
            seen.add(workspace.pk)
            yield mapping, workspace


def _new_person(identity: Identity, *, known: bool) -> User:
    if not known:
        raise SignInRefused("unmapped")
    workspaces.ensure_first()
    username = identity.email or f"{identity.provider}-{identity.uid}"
    same = Q(username__iexact=username)
    if identity.email:
        # An address in an account was typed by its owner and proves nothing, so the two are
        # not taken for one person.
        same |= Q(email__iexact=identity.email)
    if User.objects.filter(same).exists():
        raise SignInRefused("taken")
    name = identity.name[:NAME_CHARACTERS]
    person = User(username=username, email=identity.email, first_name=name)
    person.set_unusable_password()
    try:
        person.full_clean()
    except ValidationError:
        raise SignInRefused("taken") from None
    return person


def _mapping(entry: str) -> Mapping:
    condition, _equals, target = entry.strip().rpartition("=")
    kind, _colon, value = condition.partition(":")
    role, _at, slug = target.partition("@")
    if kind not in KINDS or not value or role not in Role.values:
        raise ValueError(
            f"{entry!r} is not domain:NAME=ROLE or group:NAME=ROLE, with ROLE one of "
            f"{', '.join(Role.values)}, and perhaps @WORKSPACE."
        )
    return Mapping(kind, value.lower() if kind == "domain" else value, Role(role), slug)


def _links() -> Any:
    """allauth's links of a provider's people to ours; the package may not be installed."""
    from allauth.socialaccount.models import SocialAccount

    return SocialAccount.objects
