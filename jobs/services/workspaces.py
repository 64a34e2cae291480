"""Workspaces: the first one, more of them, and under which key each of them works.

A key is named here and never known: the references to choose from are those that a worker
reports, each with the fingerprint of its key.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs import actors
from jobs.actors import Actor
from jobs.choices import OPEN_ATTEMPT_STATES, ActorKind, Region, Role, Verb
from jobs.dashscope.regions import region_of
from jobs.errors import InvalidFields, NotPermitted
from jobs.models import Attempt, User, WorkerHeartbeat, Workspace
from jobs.permissions import Ability, abilities, require, workspaces_allowing
from jobs.services import audit, content, duties, members, upstream

FIRST_SLUG = "main"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_CHARACTERS = 40
# A worker that was silent for longer may be gone, and its keys with it.
HEARD_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True)
class KeyOffer:
    """A key that a worker can use. `setting` is where it comes from; it is nowhere else."""

    reference: str
    setting: str
    fingerprint: str


def ensure_first() -> Workspace:
    """The first workspace, made from the environment's settings if there is none yet."""
    return Workspace.objects.order_by("id").first() or _make_first()


def key_offers() -> list[KeyOffer]:
    """The keys that workers have reported lately, by reference; the newest report counts."""
    heard = WorkerHeartbeat.objects.filter(
        stopped_at=None, seen_at__gte=timezone.now() - HEARD_WITHIN
    )
    fingerprints: dict[str, str] = {}
    for heartbeat in heard.order_by("seen_at"):
        fingerprints |= heartbeat.key_fingerprints
    return [
        KeyOffer(reference, Workspace(key_reference=reference).key_setting, fingerprint)
        for reference, fingerprint in sorted(fingerprints.items())
    ]


def may_add(user: User) -> bool:
    """Whether the person administers any workspace, and so may add another. One query."""
    return workspaces_allowing(user, Ability.ADMINISTER).exists()


def add(*, slug: str, name: str, region: Region, key_reference: str, actor: Actor) -> Workspace:
    """Add a workspace with its duties; whoever adds it is its admin.

    Raises NotPermitted unless the person administers a workspace already, and InvalidFields.
    """
    person = _administrator(actor)
    name = name.strip()
    problems = _problems(name, region, key_reference, None, actor)
    if not SLUG.fullmatch(slug) or len(slug) > SLUG_CHARACTERS:
        problems["slug"] = [
            _("A short name has up to %(most)s lower-case letters, digits and single hyphens.")
            % {"most": SLUG_CHARACTERS}
        ]
    if problems:
        raise InvalidFields(problems)
    try:
        with audit.act(actor) as act:
            workspace = Workspace.objects.create(
                slug=slug, name=name, region=region, key_reference=key_reference
            )
            duties.establish(workspace)
            act.record(Verb.WORKSPACE_ADDED, workspace, data={"slug": slug} | _facts(workspace))
            if person:
                members.admit(act, workspace, person, Role.ADMIN)
    except IntegrityError:
        raise InvalidFields({"slug": [_("Another workspace has this short name.")]}) from None
    return workspace


def change(
    workspace: Workspace, *, name: str, region: Region, key_reference: str, actor: Actor
) -> None:
    """Change what the workspace is called and under which key it works.

    Raises NotPermitted and InvalidFields; among these, that the region and the key stay while
    an attempt is open, whose outcome would be looked for in the wrong place.
    """
    require(actor, Ability.ADMINISTER, workspace)
    name = name.strip()
    problems = _problems(name, region, key_reference, workspace, actor)
    if problems:
        raise InvalidFields(problems)
    with audit.act(actor) as act:
        stored = Workspace.objects.select_for_update().get(pk=workspace.pk)
        before = _facts(stored)
        moves = (stored.region, stored.key_reference) != (region, key_reference)
        if moves and _has_open_attempts(stored):
            message = _("The region and the key stay as they are while a submission is open here.")
            raise InvalidFields({"key_reference": [message]})
        stored.name, stored.region, stored.key_reference = name, region, key_reference
        after = _facts(stored)
        if after == before:
            return
        # By these fields alone: the worker writes the others meanwhile.
        stored.save(update_fields=["name", "region", "key_reference"])
        changed = {
            field: [old, after[field]] for field, old in before.items() if old != after[field]
        }
        act.record(Verb.WORKSPACE_CHANGED, stored, data=changed)


def _make_first() -> Workspace:
    region = region_of(settings.DASHSCOPE_BASE_URL)
    name = f"Model Studio {region.name.capitalize()}" if region else "Model Studio"
    return add(
        slug=FIRST_SLUG,
        name=name,
        region=Region.ENVIRONMENT,
        key_reference="",
        actor=actors.command_line(),
    )


def _administrator(actor: Actor) -> User | None:
    """The person who adds a workspace; None for the command line."""
    if actor.kind == ActorKind.SYSTEM:
        return None
    person = User.objects.filter(pk=actor.user_id or 0, is_active=True).first()
    if actor.kind != ActorKind.PERSON or person is None or not may_add(person):
        raise NotPermitted(Ability.ADMINISTER)
    return person


def _facts(workspace: Workspace) -> dict[str, str]:
    return {
        "name": workspace.name,
        "region": workspace.region,
        "key_setting": workspace.key_setting,
    }


def _has_open_attempts(workspace: Workspace) -> bool:
    return Attempt.objects.open_in(*OPEN_ATTEMPT_STATES).filter(job__workspace=workspace).exists()


def _problems(
    name: str, region: Region, key_reference: str, workspace: Workspace | None, actor: Actor
) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if unfit := content.name_problem(name, missing=_("Give the workspace a name.")):
        problems["name"] = [unfit]
    if settings.DEMO and region != Region.ENVIRONMENT:
        problems["region"] = [_("In the demo nothing may reach Alibaba Cloud.")]
    if actor.kind == ActorKind.SYSTEM:
        return problems  # who has the command line has the environment, and sees what is in it
    stays = workspace is not None and workspace.key_reference == key_reference
    offers = {offer.reference: offer for offer in key_offers()}
    if not stays and key_reference not in offers:
        problems["key_reference"] = [_("No worker reports a key under this reference.")]
    elif owner := _owner_of(region, key_reference, offers, workspace):
        # Two workspaces with one key would each take the other's imports for made elsewhere.
        problems["key_reference"] = [
            _("The workspace %(name)s works with this key already.") % {"name": owner.name}
            if Ability.SEE in abilities(actor.user_id, owner)
            else _("Another workspace works with this key already.")
        ]
    return problems


def _owner_of(
    region: Region, key_reference: str, offers: dict[str, KeyOffer], workspace: Workspace | None
) -> Workspace | None:
    """Another workspace with this key at this address, under whatever reference."""
    wanted = Workspace(region=region, key_reference=key_reference)
    address, key = upstream.base_url(wanted), _key_behind(key_reference, offers)
    others = Workspace.objects.exclude(pk=workspace.pk) if workspace else Workspace.objects.all()
    return next(
        (
            other
            for other in others
            if upstream.base_url(other) == address
            and _key_behind(other.key_reference, offers) == key
        ),
        None,
    )


def _key_behind(reference: str, offers: dict[str, KeyOffer]) -> str:
    """What tells the key apart: its fingerprint, or its reference while no worker knows it."""
    return offers[reference].fingerprint if reference in offers else f"reference {reference}"
