"""Saving the filters of the list as a view for the team, and removing one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jobs.choices import Role
from jobs.errors import InvalidFields, NotPermitted
from jobs.middleware import DeskRequest
from jobs.models import SavedView
from jobs.permissions import ABILITIES, Ability
from jobs.services import saved_views
from jobs.views.chrome import chrome_of, safe_next


@dataclass(frozen=True)
class ViewLink:
    """A saved view as a link; `current` while the list shows just that."""

    view: SavedView
    url: str
    current: bool


def offered(request: DeskRequest, team_views: Iterable[SavedView]) -> dict[str, Any]:
    """The team's views, and whether what the list shows now may be saved or removed."""
    memberships = chrome_of(request).memberships
    here = saved_views.query_of(request.GET.urlencode())
    views = [
        ViewLink(view, f"{request.path}?{view.query}", view.query == here) for view in team_views
    ]
    held = {m.workspace_id: ABILITIES[Role(m.role)] for m in memberships}
    current = next((link.view for link in views if link.current), None)
    return {
        "views": views,
        "view_to_remove": current.pk
        if current and saved_views.may_remove(current, request.user.pk, held[current.workspace_id])
        else None,
        "query_to_save": "" if current else here,
        "workspaces_to_share_with": tuple(
            (membership.workspace.slug, membership.workspace.name)
            for membership in memberships
            if Ability.SUBMIT in held[membership.workspace_id]
        ),
    }


@require_POST
def view_save(request: DeskRequest) -> HttpResponse:
    """Save the list's filters under a name, and show them as that view."""
    memberships = chrome_of(request).memberships
    slug = request.POST.get("workspace", "")
    workspace = next((m.workspace for m in memberships if m.workspace.slug == slug), None)
    if workspace is None:
        raise Http404
    query = request.POST.get("query", "")
    try:
        saved_views.save(
            workspace, name=request.POST.get("name", ""), query=query, actor=request.actor
        )
    except NotPermitted:
        raise PermissionDenied from None
    except InvalidFields as refused:
        messages.error(request, " ".join(refused.fields["name"]))
    else:
        messages.success(request, _("The view is saved for everyone in the workspace."))
    return redirect(f"{reverse('job-list')}?{saved_views.query_of(query)}")


@require_POST
def view_remove(request: DeskRequest, view_id: int) -> HttpResponse:
    """Take a view away from the team."""
    workspaces = [membership.workspace for membership in chrome_of(request).memberships]
    view = get_object_or_404(saved_views.of(workspaces), pk=view_id)
    try:
        saved_views.remove(view, actor=request.actor)
    except NotPermitted:
        raise PermissionDenied from None
    messages.success(request, _("The view is removed. The jobs stay as they are."))
    return redirect(safe_next(request, request.POST.get("next", "")))
