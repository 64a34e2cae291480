"""Signing in and out."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from jobs.choices import Role
from jobs.middleware import DeskRequest
from jobs.models import User
from jobs.services import demo, second_factor, sessions
from jobs.templatetags.clock import duration_text
from jobs.views import second_step
from jobs.views.chrome import safe_next

LOOPBACK = ("localhost", "127.0.0.1", "::1")
BACKEND = second_step.BACKEND


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: DeskRequest) -> HttpResponse:
    """Sign in with name and password, or, in the demo, as one of its people."""
    goal = request.POST.get("next", "") or request.GET.get("next", "")
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(safe_next(request, goal))
        return _page(request, AuthenticationForm(request), goal)
    if role := request.POST.get("demo", ""):
        if not _offers_demo(request) or role not in Role.values:
            return _page(request, AuthenticationForm(request), goal, status=403)
        person = demo.account(Role(role))
        sessions.signed_in(person, actor=request.actor, demo=True)
        auth.login(request, person, backend=BACKEND)
        return redirect(safe_next(request, goal))
    if second_factor.is_missing_its_package():
        return _page(request, AuthenticationForm(request), goal, status=503)
    form = AuthenticationForm(request, request.POST)
    if not form.is_valid():
        sessions.sign_in_failed(
            form.cleaned_data.get("username", ""),
            actor=request.actor,
            locked_out=getattr(request, "axes_locked_out", False),
        )
        # One status and one sentence, whether the name or the password was wrong.
        return _page(request, form, goal, status=422)
    person = form.get_user()
    if second_factor.is_set_up(person):
        second_step.begin(request, person, goal)
        return redirect("second-step")
    sessions.signed_in(person, actor=request.actor)
    auth.login(request, person)
    return redirect(safe_next(request, goal))


@require_POST
def logout(request: DeskRequest) -> HttpResponse:
    """Sign out and go to the sign-in page."""
    sessions.signed_out(actor=request.actor)
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def locked_out(
    request: DeskRequest, _response: HttpResponse | None, _credentials: dict[str, Any] | None
) -> HttpResponse:
    """The page after too many failed sign-ins; it says for how long (django-axes calls this)."""
    wait: timedelta = get_cool_off(request) or timedelta()
    response = render(
        request, "accounts/locked_out.html", {"wait": duration_text(wait)}, status=429
    )
    response["Retry-After"] = str(int(wait.total_seconds()))
    return response


def provider_label(name: str) -> str:
    """What people know a provider of SSO_PROVIDERS by."""
    labels = {"dingtalk": _("DingTalk"), "feishu": _("Feishu")}
    return labels.get(name) or str(settings.SSO_OIDC_NAME)


def _page(
    request: DeskRequest, form: AuthenticationForm, goal: str, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "next": goal,
        "demo_roles": _demo_roles() if _offers_demo(request) else [],
        "providers": [
            {"name": name, "label": provider_label(name)}
            for name in (settings.SSO_PROVIDERS if settings.SSO_ON else [])
        ],
        "closed": status == 503,
        "late": "late" in request.GET,
        "no_account_yet": not User.objects.exists(),
    }
    return render(request, "accounts/login.html", context, status=status)


def _offers_demo(request: DeskRequest) -> bool:
    """Only in the demo, and only to whoever sits at the machine it runs on."""
    host = urlsplit(f"//{request.get_host()}").hostname
    return settings.DEMO and host in LOOPBACK and request.META.get("REMOTE_ADDR") in LOOPBACK


def _demo_roles() -> list[dict[str, Any]]:
    may = {
        Role.VIEWER: _("Sees every job and what became of it."),
        Role.SUBMITTER: _("Also submits imports, and deletes and settles their own."),
        Role.AUDITOR: _("Sees every job and the whole history, and changes nothing."),
        Role.ADMIN: _("May do everything, members and settings included."),
    }
    return [{"role": role, "label": role.label, "may": may[role]} for role in Role]
