"""The page that an invitation's link leads to, for whoever has an account and whoever has not."""

from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jobs.forms.settings_members import JoiningForm
from jobs.middleware import acting
from jobs.models import Invitation, User
from jobs.services import accounts, invitations, sessions
from jobs.services.invitations import AlreadyMember, InvitationVoid
from jobs.views.accounts import BACKEND


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, text: str) -> HttpResponse:
    """Say where the link leads; a POST follows it. 410 for a link that admits nobody."""
    try:
        found = invitations.find(text)
        if request.user.is_authenticated:
            return _join(request, request.user, text, found)
        return _join_as_new(request, text, found)
    except InvitationVoid as void:
        context = {"why": str(void)}
        return render(request, "settings/invitation_void.html", context, status=410)


def _join(request: HttpRequest, person: User, text: str, found: Invitation) -> HttpResponse:
    if request.method != "POST":
        return render(request, "settings/invitation.html", {"invitation": found})
    try:
        workspace = invitations.accept(text, person, actor=acting(request).actor)
    except AlreadyMember:
        messages.info(request, _("You are a member already; your role stays as it is."))
    else:
        messages.success(request, _("You joined %(workspace)s.") % {"workspace": workspace})
    return redirect("overview")


def _join_as_new(request: HttpRequest, text: str, found: Invitation) -> HttpResponse:
    form = JoiningForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            person = invitations.accept_as_new(
                text,
                username=form.cleaned_data["username"],
                full_name=form.cleaned_data["first_name"],
                email=form.cleaned_data["email"],
                password=form.cleaned_data["password1"],
                actor=acting(request).actor,
            )
        except accounts.AccountRefusedError:
            form.add_error("username", _("Somebody has this name; choose another."))
        else:
            sessions.signed_in(person, actor=acting(request).actor)
            auth.login(request, person, backend=BACKEND)
            return redirect("overview")
    context = {"invitation": found, "form": form}
    status = 422 if form.errors else 200
    return render(request, "settings/invitation.html", context, status=status)
