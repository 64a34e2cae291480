"""Workspaces: under which key each works, whether it does, and more of them."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from jobs.choices import Region, Role
from jobs.errors import InvalidFields, NotPermitted
from jobs.explanations import Explanation
from jobs.forms import refusals
from jobs.forms.settings_workspaces import NewWorkspaceForm, WorkspaceForm
from jobs.middleware import DeskRequest
from jobs.models import KeyCheck, Membership, Workspace
from jobs.permissions import ABILITIES, Ability, require
from jobs.services import explaining, key_checks, upstream, workspaces
from jobs.services.workspaces import KeyOffer
from jobs.views.settings_denied import denied


@dataclass(frozen=True)
class Sheet:
    """What the page says of one workspace."""

    workspace: Workspace
    role: str
    host: str
    fingerprint: str
    check: KeyCheck | None
    trouble: Explanation | None
    may_administer: bool


@require_http_methods(["GET", "HEAD"])
def settings_workspaces(request: DeskRequest) -> HttpResponse:
    """The workspaces that the person is a member of."""
    offers = {offer.reference: offer for offer in workspaces.key_offers()}
    memberships = Membership.objects.filter(user=request.user).select_related("workspace")
    sheets = [_sheet(membership, offers) for membership in memberships.order_by("workspace_id")]
    administers = any(sheet.may_administer for sheet in sheets)
    context = {
        "sheets": sheets,
        "waits": any(sheet.check and not sheet.check.answered_at for sheet in sheets),
        "offers": _offers_with_users(offers, sheets) if administers else [],
        "administers": administers,
    }
    return render(request, "settings/workspaces.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def settings_workspace_new(request: DeskRequest) -> HttpResponse:
    """Add a workspace, for whoever administers one already."""
    if not workspaces.may_add(request.user):
        return _denied(request)
    offers = workspaces.key_offers()
    form = NewWorkspaceForm(
        request.POST if request.method == "POST" else None, regions=_regions(), offers=offers
    )
    if form.is_valid():
        try:
            workspace = workspaces.add(**form.wanted, actor=request.actor)
        except InvalidFields as refused:
            refusals.show(form, refused)
        else:
            messages.success(request, _("The workspace %(name)s is added.") % {"name": workspace})
            return redirect("settings-workspaces")
    context = {"form": form, "offers": offers}
    status = 422 if form.errors else 200
    return render(request, "settings/workspace_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def settings_workspace(request: DeskRequest, slug: str) -> HttpResponse:
    """Change a workspace's name, region or key."""
    workspace = _visible(request, slug)
    try:
        require(request.actor, Ability.ADMINISTER, workspace)
    except NotPermitted:
        return _denied(request)
    present = {
        "name": workspace.name,
        "region": workspace.region,
        "key_reference": workspace.key_reference,
    }
    offers = workspaces.key_offers()
    form = WorkspaceForm(
        request.POST if request.method == "POST" else None,
        initial=present,
        regions=_regions(workspace),
        offers=offers,
    )
    if form.is_valid():
        try:
            workspaces.change(workspace, **form.wanted, actor=request.actor)
        except InvalidFields as refused:
            refusals.show(form, refused)
        else:
            messages.success(request, _("The workspace is as you want it."))
            return redirect("settings-workspaces")
    context = {"form": form, "workspace": workspace, "offers": offers}
    status = 422 if form.errors else 200
    return render(request, "settings/workspace_form.html", context, status=status)


@require_POST
def settings_workspace_check(request: DeskRequest, slug: str) -> HttpResponse:
    """Ask a worker whether the workspace's key works; the page shows its answer."""
    workspace = _visible(request, slug)
    try:
        key_checks.ask(workspace, actor=request.actor)
    except NotPermitted:
        return _denied(request)
    return redirect("settings-workspaces")


def _denied(request: DeskRequest) -> HttpResponse:
    why = _("Workspaces and their keys are for those to choose who administer them.")
    return denied(request, why, reverse("settings-workspaces"))


def _visible(request: DeskRequest, slug: str) -> Workspace:
    return get_object_or_404(Workspace, slug=slug, memberships__user=request.user)


def _sheet(membership: Membership, offers: dict[str, KeyOffer]) -> Sheet:
    workspace = membership.workspace
    check = key_checks.latest(workspace)
    offer = offers.get(workspace.key_reference)
    return Sheet(
        workspace=workspace,
        role=membership.get_role_display(),
        host=upstream.host(workspace),
        fingerprint=offer.fingerprint if offer else "",
        check=check,
        trouble=explaining.explanation_of_check(check) if check else None,
        may_administer=Ability.ADMINISTER in ABILITIES[Role(membership.role)],
    )


def _offers_with_users(
    offers: dict[str, KeyOffer], sheets: list[Sheet]
) -> list[tuple[KeyOffer, list[str]]]:
    """Each key with those of the person's workspaces that work with it."""
    return [
        (offer, [s.workspace.name for s in sheets if s.workspace.key_reference == reference])
        for reference, offer in offers.items()
    ]


def _regions(workspace: Workspace | None = None) -> list[tuple[str, str]]:
    """The fixed list, each with its host; in the demo only the simulator's."""
    offered = [Region.ENVIRONMENT] if settings.DEMO else list(Region)
    if workspace and workspace.region not in offered:
        offered.append(Region(workspace.region))
    return [
        (str(region), f"{region.label} · {upstream.host(Workspace(region=region))}")
        for region in offered
    ]
