"""Signing in through a provider: off to it, and back. These addresses exist only with
SSO_PROVIDERS, and this module is the only way to allauth's protocol."""

import logging
from collections.abc import Callable
from functools import wraps

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from jobs.middleware import acting
from jobs.services import sessions, single_sign_on
from jobs.services.single_sign_on import Identity, SignInRefused
from jobs.views import accounts
from jobs.views.chrome import safe_next

# A provider that answers with something else than its protocol says.
NO_SENSE = (OAuth2Error, RequestException, LookupError, TypeError, ValueError)
View = Callable[..., HttpResponse]

log = logging.getLogger(__name__)


class Arrived(Exception):
    """The provider vouches for somebody, who wants to go on to an address."""

    def __init__(self, identity: Identity, goal: str) -> None:
        self.identity, self.goal = identity, goal


def _answered(view: View) -> View:
    """A provider that is not named is not found; one that fails is a page that says so."""

    @wraps(view)
    def guarded(request: HttpRequest, provider_id: str) -> HttpResponse:
        if provider_id not in settings.SSO_PROVIDERS:
            raise Http404
        try:
            return view(request, provider_id)
        except Arrived as told:
            arrived = told
        except ImmediateHttpResponse as answer:
            response: HttpResponse = answer.response
            return response
        except NO_SENSE as error:
            return failed(request, provider_id, error)
        return _admit(request, arrived.identity, arrived.goal)

    return guarded


@login_not_required
@never_cache
@require_POST
def start(request: HttpRequest, provider: str) -> HttpResponse:
    """Off to the provider, by a page of our own: the policy of our pages lets a form lead
    nowhere else, and where a provider sends people on to is not known beforehand."""
    return _start(request, provider)


@_answered
def _start(request: HttpRequest, provider_id: str) -> HttpResponse:
    found = get_adapter().get_provider(request, provider_id)
    goal = safe_next(request, request.POST.get("next", ""))
    answer = found.redirect(request, process="login", next_url=goal)
    context = {"provider": accounts.provider_label(provider_id), "address": answer["Location"]}
    response = render(request, "accounts/single_sign_on.html", context)
    response["Refresh"] = f"0; url={answer['Location']}"
    return response


@login_not_required
@never_cache
@require_GET
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider. allauth checks what came and ends in `Arrived` or `failed`."""
    return _callback(request, provider_id)


@_answered
def _callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    found = get_adapter().get_provider(request, provider_id)
    protocol = found.get_oauth2_adapter(request)
    response: HttpResponse = OAuth2CallbackView.adapter_view(protocol)(request)
    return response


def _admit(request: HttpRequest, identity: Identity, goal: str) -> HttpResponse:
    actor = acting(request).actor
    try:
        person = single_sign_on.sign_in(identity, actor=actor)
    except SignInRefused as refused:
        return _refused(request, identity.provider, str(refused))
    sessions.signed_in(person, actor=actor, provider=identity.provider)
    auth.login(request, person, backend=accounts.BACKEND)
    return redirect(safe_next(request, goal))


def failed(request: HttpRequest, provider_id: str, why: object) -> HttpResponse:
    """The page for an answer that was not the provider's, not for us, or too late."""
    # What kind of thing went wrong and no more: a provider's words may repeat a secret.
    kind = type(why).__name__ if isinstance(why, Exception) else why
    log.warning("single sign-on through %s failed: %s", provider_id, kind)
    return _refused(request, provider_id, "failed")


def _refused(request: HttpRequest, provider_id: str, why: str) -> HttpResponse:
    sessions.sign_in_refused(provider_id, why, actor=acting(request).actor)
    context = {"provider": accounts.provider_label(provider_id), "why": why}
    return render(request, "accounts/single_sign_on_refused.html", context, status=403)
