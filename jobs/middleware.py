"""Puts the actor of each request on it: who acts, from where, with what; logs requests; and
leads to the second factor whoever owes one."""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from jobs.actors import Actor
from jobs.choices import ActorKind
from jobs.models import User
from jobs.services import second_factor

LONGEST_USER_AGENT = 300
# Asked every few seconds by machines.
UNLOGGED = ("/healthz", "/readyz", "/metrics")

requests_log = logging.getLogger("jobs.requests")


class ActingRequest(HttpRequest):
    """The type of any request, as the middleware hands it to views."""

    actor: Actor
    htmx: HtmxDetails


class DeskRequest(ActingRequest):
    """The type of a signed-in person's request."""

    user: User


def acting(request: HttpRequest) -> ActingRequest:
    """The same request, for those who are handed a plain one."""
    return cast(ActingRequest, request)


class RequestLogMiddleware:
    """One line for each request: its route, since an address can hold a link that admits, what
    it came to and how long it took. Every other line of the request carries its id too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Not at the end: Django logs what failed after the last middleware has returned.
        structlog.contextvars.clear_contextvars()
        started = time.perf_counter()
        response = self.get_response(request)
        if request.path not in UNLOGGED:
            match = request.resolver_match
            if match and "job_id" in match.kwargs:
                structlog.contextvars.bind_contextvars(job=match.kwargs["job_id"])
            requests_log.info(
                "request",
                extra={
                    "method": request.method,
                    "route": match.route if match else "",
                    "status": response.status_code,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )
        return response


class PageCompressionMiddleware(GZipMiddleware):
    """Compresses pages, padded at random so that their length gives no secret away. Downloads
    and answers to machines stay as they are."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The response, compressed if it is a page and the browser can read that."""
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class ActorMiddleware:
    """Sets `request.actor`, which views pass to services, and answers with its act id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        acting(request).actor = actor = actor_of(request)
        structlog.contextvars.bind_contextvars(request=actor.act_id, user=actor.user_id)
        response = self.get_response(request)
        response["X-Request-Id"] = acting(request).actor.act_id
        return response


class SecondFactorMiddleware:
    """Leads whoever owes a second factor to where it is set up, before any other page. In use
    where SECOND_FACTOR is on."""

    # What a person may do meanwhile, beside what is open to everybody. An invitation is open to
    # everybody too, and would make somebody a member.
    OPEN = ("settings-second-factor-set-up", "logout")
    CLOSED = ("invitation",)

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_args: Any
    ) -> HttpResponse | None:
        """The way to the set-up, or nothing for a page that may be shown."""
        match = request.resolver_match
        name = match.view_name if match else ""
        open_to_all = not getattr(view, "login_required", True) and name not in self.CLOSED
        if name in self.OPEN or open_to_all or not request.user.is_authenticated:
            return None
        if not second_factor.is_owed(request.user):
            return None
        address = reverse("settings-second-factor-set-up")
        if acting(request).htmx:
            return HttpResponseClientRedirect(address)
        goal = f"?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else ""
        return redirect(f"{address}{goal}")


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person, or nobody, as the actor of one act."""
    user = request.user
    return Actor(
        kind=ActorKind.PERSON,
        label=user.label if user.is_authenticated else "",
        user_id=user.pk if user.is_authenticated else None,
        address=client_address(request),
        user_agent=request.headers.get("user-agent", "")[:LONGEST_USER_AGENT],
        act_id=str(uuid.uuid4()),
    )


def client_address(request: HttpRequest) -> str:
    """The address the request came from; X-Forwarded-For counts only as far as PROXY_COUNT."""
    if settings.PROXY_COUNT:
        hops = request.headers.get("x-forwarded-for", "").split(",")
        if len(hops) >= settings.PROXY_COUNT:
            return str(hops[-settings.PROXY_COUNT].strip()[:45])
    return str(request.META.get("REMOTE_ADDR", ""))[:45]
