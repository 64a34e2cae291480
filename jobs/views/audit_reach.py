"""Who gets to the history's pages: auditors and admins; others are told whom to ask."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render

from jobs.middleware import DeskRequest
from jobs.permissions import Ability, people_allowed
from jobs.services import history_reach
from jobs.services.history_reach import Reach
from jobs.views.chrome import chrome_of


def for_auditors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view, after the request, what the person may read; 403 for members who audit
    nothing, 404 for whoever is a member of nothing."""

    @wraps(view)
    def guarded(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        memberships = chrome_of(request).memberships
        reach: Reach = history_reach.of(request.user, memberships)
        if reach.workspaces:
            return view(request, reach, *args, **kwargs)
        workspaces = [membership.workspace for membership in memberships]
        if not workspaces:
            raise Http404
        allowed = [(one, people_allowed(one, Ability.AUDIT)) for one in workspaces]
        return render(request, "audit/audit_denied.html", {"allowed": allowed}, status=403)

    return guarded
