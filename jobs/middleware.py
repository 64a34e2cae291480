"""Puts the actor of each request on it: who acts, from where, with what."""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from jobs.actors import Actor
from jobs.choices import ActorKind
from jobs.models import User

LONGEST_USER_AGENT = 300


class DeskRequest(HttpRequest):
    """The type of a signed-in person's request, as the middleware hands it to views."""

    user: User
    actor: Actor
    htmx: HtmxDetails


class ActorMiddleware:
    """Sets `request.actor`, which views pass to services, and answers with its act id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = actor_of(request)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.actor.act_id  # type: ignore[attr-defined]
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
