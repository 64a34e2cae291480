"""One's own second factor, and ending a colleague's. These addresses exist only with
SECOND_FACTOR."""

from typing import Any

import qrcode
from django import forms
from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.errors import NotPermitted, WrongState
from jobs.forms.second_factor import PasswordForm, SetUpForm
from jobs.middleware import DeskRequest
from jobs.models import Membership
from jobs.permissions import Ability, abilities
from jobs.services import second_factor, sessions
from jobs.services.sealing import SealBroken
from jobs.services.second_factor import WrongCode
from jobs.views.chrome import safe_next
from jobs.views.settings_denied import denied

# The secret that was shown and waits for its first code; sealed.
WAITING = "second_factor"


@require_safe
def settings_second_factor(request: DeskRequest) -> HttpResponse:
    """Whether one has a second factor, and what can be done about it."""
    return _page(request)


@never_cache
@sensitive_post_parameters("code", "password")
@sensitive_variables("sealed", "form", "codes", "context")
@require_http_methods(["GET", "HEAD", "POST"])
def settings_second_factor_set_up(request: DeskRequest) -> HttpResponse:
    """Show a secret for an app and ask for its first code; the answer to the right one is the
    only page that ever shows the recovery codes."""
    if not second_factor.applies_to(request.user) or second_factor.is_set_up(request.user):
        return redirect("settings-second-factor")
    goal = request.POST.get("next", "") or request.GET.get("next", "")
    form = SetUpForm(request.POST if request.method == "POST" else None)
    sealed = _secret(request)
    if form.is_valid() and _is_theirs(request, form):
        code = form.cleaned_data["code"]
        try:
            codes = second_factor.set_up(request.user, sealed, code, actor=request.actor)
        except WrongCode:
            form.add_error("code", _("The app shows another code. Is its clock right?"))
        except WrongState:
            return redirect("settings-second-factor")
        else:
            del request.session[WAITING]
            return _codes(request, codes, safe_next(request, goal) if goal else "")
    address = second_factor.address_of(request.user, sealed)
    context = {
        "form": form,
        "goal": goal,
        "owed": second_factor.is_owed(request.user),
        "secret": _in_groups(second_factor.secret_text(sealed)),
        "address": address,
        "picture": _picture(address),
    }
    status = 422 if form.errors else 200
    return render(request, "settings/second_factor_set_up.html", context, status=status)


@never_cache
@sensitive_post_parameters("password")
@sensitive_variables("codes")
@require_POST
def settings_second_factor_codes(request: DeskRequest) -> HttpResponse:
    """New recovery codes; the answer is the only page that ever shows them."""
    form = PasswordForm(request.POST)
    if not form.is_valid() or not _is_theirs(request, form):
        return _page(request, renewing=form)
    try:
        codes = second_factor.renew_codes(request.user, actor=request.actor)
    except WrongState:
        return redirect("settings-second-factor")
    return _codes(request, codes, "")


@sensitive_post_parameters("password")
@require_POST
def settings_second_factor_off(request: DeskRequest) -> HttpResponse:
    """End one's own second factor."""
    form = PasswordForm(request.POST)
    if not form.is_valid() or not _is_theirs(request, form):
        return _page(request, ending=form)
    second_factor.switch_off(request.user, actor=request.actor)
    messages.success(request, _("Your sign-in asks for no second factor any more."))
    return redirect("settings-second-factor")


@require_http_methods(["GET", "HEAD", "POST"])
def settings_member_second_factor(request: DeskRequest, membership_id: int) -> HttpResponse:
    """Ask, then end the second factor of a colleague who lost it."""
    own = Membership.objects.filter(workspace__memberships__user=request.user)
    membership = get_object_or_404(own.select_related("workspace", "user"), pk=membership_id)
    person, workspace = membership.user, membership.workspace
    back = f"{reverse('settings-members')}?workspace={workspace.slug}"
    if Ability.ADMINISTER not in abilities(request.user.pk, workspace):
        why = _("A lost second factor is for the workspace's admins to end.")
        return denied(request, why, back)
    if not second_factor.may_remove(person.pk, request.actor):
        return denied(request, _why_not(request, membership), back)
    if request.method != "POST":
        if not second_factor.is_set_up(person):
            return redirect(back)
        context = {"membership": membership, "back": back}
        return render(request, "settings/member_second_factor.html", context)
    try:
        second_factor.remove(person, actor=request.actor)
    except NotPermitted:
        return denied(request, _why_not(request, membership), back)
    words = {"member": person.label}
    messages.success(request, _("%(member)s has no second factor any more.") % words)
    return redirect(back)


def _page(
    request: DeskRequest, renewing: PasswordForm | None = None, ending: PasswordForm | None = None
) -> HttpResponse:
    context = {
        "applies": second_factor.applies_to(request.user),
        "standing": second_factor.standing(request.user),
        "required": settings.SECOND_FACTOR == "required",
        "renewing": renewing or PasswordForm(auto_id="renew_%s"),
        "ending": ending or PasswordForm(auto_id="end_%s"),
        "asks_again": "codes" if renewing else "off" if ending else "",
    }
    status = 422 if renewing or ending else 200
    return render(request, "settings/second_factor.html", context, status=status)


def _codes(request: DeskRequest, codes: list[str], goal: str) -> HttpResponse:
    context: dict[str, Any] = {
        "codes": [_in_groups(code) for code in codes],
        "goal": goal or reverse("settings-second-factor"),
    }
    return render(request, "settings/second_factor_codes.html", context)


def _is_theirs(request: DeskRequest, form: forms.Form) -> bool:
    """Whether the password is the person's. A wrong one counts as a sign-in that failed, so
    that an open session is no place to try passwords."""
    person = auth.authenticate(
        request, username=request.user.username, password=form.cleaned_data["password"]
    )
    if person == request.user:
        return True
    sessions.sign_in_failed(
        request.user.username,
        actor=request.actor,
        locked_out=getattr(request, "axes_locked_out", False),
    )
    form.add_error("password", _("This is not your password."))
    return False


def _secret(request: DeskRequest) -> str:
    """The secret that the page shows, the same one until its app was asked."""
    sealed: str = request.session.get(WAITING, "")
    try:
        second_factor.secret_text(sealed)
    except SealBroken:
        sealed = ""
    if not sealed:
        sealed = request.session[WAITING] = second_factor.new_secret()
    return sealed


def _picture(address: str) -> dict[str, Any]:
    """The QR code as one path, for an <svg>: a data: address or a file would hold the secret
    where caches see it. Around it are the four units of white that scanners want."""
    code = qrcode.QRCode(border=4)
    code.add_data(address)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return {"size": len(rows), "path": path}


def _why_not(request: DeskRequest, membership: Membership) -> str:
    if membership.user == request.user:
        return _("Your own second factor is on its own page.")
    return _(
        "They are a member of a workspace that you do not administer. Ask an admin of all their "
        "workspaces, or whoever runs Import Desk."
    )


def _in_groups(text: str) -> str:
    """Four characters at a time, for the eye."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
