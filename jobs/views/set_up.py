"""The page that makes the first administrator, for whoever holds the link of the start."""

from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jobs.forms.first_administrator import FirstAdministratorForm
from jobs.middleware import DeskRequest
from jobs.services import accounts, sessions
from jobs.views.accounts import BACKEND


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: DeskRequest, token: str) -> HttpResponse:
    """Make the account and sign in; 404 for a link of another installation, 410 for a void one."""
    form = FirstAdministratorForm(request.POST or None)
    try:
        accounts.check_link(token)
        if form.is_valid():
            person = accounts.set_up(
                token,
                username=form.cleaned_data["username"],
                email=form.cleaned_data["email"],
                password=form.cleaned_data["password1"],
                actor=request.actor,
            )
            sessions.signed_in(person, actor=request.actor)
            auth.login(request, person, backend=BACKEND)
            return redirect("overview")
    except accounts.LinkForgedError:
        raise Http404 from None
    except accounts.LinkVoidError as void:
        context = {"used": str(void) == "used"}
        return render(request, "accounts/set_up_void.html", context, status=410)
    status = 422 if form.errors else 200
    return render(request, "accounts/set_up.html", {"form": form}, status=status)
