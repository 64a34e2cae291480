"""Puts the actor of each request on it: who acts, from where, with what; and logs requests."""

import logging
import time
import uuid
from collections.abc import Callable
from typing import cast

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django_htmx.middleware import HtmxDetails

from jobs.actors import Actor
from jobs.choices import ActorKind
from jobs.models import User

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
