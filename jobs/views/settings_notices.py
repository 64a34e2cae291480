"""Notices: rules of one's own and of one's workspaces, and what became of each message."""

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from jobs.errors import InvalidFields
from jobs.forms import refusals
from jobs.forms.settings_notices import NoticeRuleForm
from jobs.middleware import DeskRequest
from jobs.models import Notice, NoticeRule
from jobs.permissions import Ability, workspaces_allowing
from jobs.services import notices
from jobs.services.notices import NewRule

SHOWN_NOTICES = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings_notices(request: DeskRequest) -> HttpResponse:
    """The rules and the log; a POST adds a rule, and a webhook's new secret is shown once."""
    administered = list(workspaces_allowing(request.user, Ability.ADMINISTER))
    posted = request.POST if request.method == "POST" else None
    form = NoticeRuleForm(posted, workspaces=administered)
    made: NewRule | None = None
    if form.is_valid():
        try:
            owner = form.workspace or request.user
            made = notices.add(owner, **form.wanted, actor=request.actor)
        except InvalidFields as refused:
            refusals.show(form, refused)
        else:
            form = NoticeRuleForm(workspaces=administered)
    rules = _own(request)
    context = {
        "form": form,
        "made": made,
        "rules": rules.filter(removed_at=None),
        "notices": Notice.objects.filter(rule__in=rules)
        .select_related("rule", "job")
        .order_by("-id")[:SHOWN_NOTICES],
    }
    status = 422 if form.errors else 200
    return render(request, "settings/notices.html", context, status=status)


@require_POST
def settings_notice_remove(request: DeskRequest, rule_id: int) -> HttpResponse:
    """End a rule; its log stays."""
    notices.remove(get_object_or_404(_own(request), pk=rule_id), actor=request.actor)
    messages.success(request, _("The notices are ended, and the address is forgotten."))
    return redirect("settings-notices")


@require_POST
def settings_notice_test(request: DeskRequest, rule_id: int) -> HttpResponse:
    """Have the worker send a test."""
    rule = get_object_or_404(_own(request), pk=rule_id, removed_at=None)
    notices.test(rule, actor=request.actor)
    messages.success(request, _("A worker sends a test now; the log says what becomes of it."))
    return redirect("settings-notices")


def _own(request: DeskRequest) -> QuerySet[NoticeRule]:
    """One's own rules, and those of the workspaces that one administers."""
    administered = workspaces_allowing(request.user, Ability.ADMINISTER)
    own = Q(user=request.user) | Q(workspace__in=administered)
    return NoticeRule.objects.filter(own).select_related("user", "workspace")
