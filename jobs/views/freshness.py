"""Refreshing pages that have changed, and no others: their versions, and the answers to both."""

import hashlib
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.translation import get_language

from jobs.session_store import history_head
from jobs.templatetags.clock import Clock
from jobs.views.chrome import as_part_of_page

DIGITS = 16


class Version(NamedTuple):
    """What a reader has: `state` of all there is, and `content` of what the page shows of it."""

    state: str
    content: str

    def __str__(self) -> str:
        return self.state + self.content


def state_of(request: HttpRequest, clock: Clock, *more: Any) -> str:
    """A text that changes before anything on the reader's pages does.

    But for ages, which a page tells by itself. `more` is what else the page hangs on. No query.
    Whoever changes what a page shows records an event, or the page does not notice.
    """
    return content_of(
        history_head(request),
        request.user.pk,
        get_language(),
        str(clock.zone),
        clock.now.date(),
        more,
    )


def content_of(*parts: Any) -> str:
    """A text that changes whenever one of the parts does."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:DIGITS]


def version_held(request: HttpRequest) -> Version:
    """The version of the page that the reader has, or an empty one."""
    text = request.headers.get("if-none-match", "").strip('"')
    return Version(text[:DIGITS], text[DIGITS:])


def unchanged() -> HttpResponse:
    """304: the reader has all of it."""
    return as_part_of_page(HttpResponseNotModified())


def later(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page's next refresh alone: much has happened, but nothing that this page shows."""
    response = as_part_of_page(render(request, "_refresh.html", context))
    response["HX-Retarget"] = "#refresh"
    response["HX-Reswap"] = "innerHTML"
    return response
