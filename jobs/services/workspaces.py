"""Workspaces: making the first one, and adding more."""

from django.conf import settings

from jobs import actors
from jobs.actors import Actor
from jobs.choices import Region, Verb
from jobs.dashscope.regions import region_of
from jobs.models import Workspace
from jobs.services import audit, duties

FIRST_SLUG = "main"


def ensure_first() -> Workspace:
    """The first workspace, made from the environment's settings if there is none yet."""
    return Workspace.objects.order_by("id").first() or _make_first()


def add(*, slug: str, name: str, region: Region, key_reference: str, actor: Actor) -> Workspace:
    """Add a workspace with its duties. The caller has checked that the actor may."""
    with audit.act(actor) as act:
        workspace = Workspace.objects.create(
            slug=slug, name=name, region=region, key_reference=key_reference
        )
        duties.establish(workspace)
        act.record(
            Verb.WORKSPACE_ADDED,
            workspace,
            data={
                "slug": slug,
                "name": name,
                "region": region,
                "key_setting": workspace.key_setting,
            },
        )
    return workspace


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
