"""Pages for what went wrong: what happened, and what next. They need no database."""

import sys

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jobs.views.chrome import theme_of


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400"""
    return _page(
        request,
        400,
        _("This request cannot be read"),
        _("Your browser, or something on the way, sent a request that makes no sense here."),
        _("Go back and try again. If you followed a link, it is damaged: ask for it again."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403"""
    return _page(
        request,
        403,
        _("Your role does not allow this"),
        _("You may see this workspace, but not do what you asked for. Nothing was changed."),
        _("Ask an admin of the workspace to do it, or to give you a role that may."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, also for jobs of workspaces that the reader is no member of"""
    return _page(
        request,
        404,
        _("There is nothing at this address"),
        _("The address is wrong, or it belongs to a workspace that you are not a member of."),
        _(
            "Look for the job in the list. If a colleague sent the link, ask an admin of their "
            "workspace to make you a member."
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database cannot be reached or written to"""
    if isinstance(sys.exc_info()[1], OperationalError | InternalError | InterfaceError):
        return _unavailable(request)
    return _page(
        request,
        500,
        _("Import Desk made a mistake"),
        _(
            "Something went wrong on the server, and it has been written to its log. An import "
            "that was not confirmed on a page was not submitted, or stands in the list."
        ),
        _(
            "Look in the list before you submit anything again. If this goes on, give an operator "
            "the number below."
        ),
    )


def _unavailable(request: HttpRequest) -> HttpResponse:
    response = _page(
        request,
        503,
        _("The database did not answer"),
        _(
            "It is locked, full or out of reach for the moment, and the server's log says which. "
            "What you sent was probably not kept."
        ),
        _(
            "Wait a minute, go back and try again; what you typed is still in the form. Look in "
            "the list before you submit an import again."
        ),
    )
    response["Retry-After"] = "60"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403, because a form's security token does not fit the browser's cookie"""
    return _page(
        request,
        403,
        _("This page was open for too long"),
        _(
            "You signed in or out since it was loaded, or your browser keeps no cookies for this "
            "site, so that its form could not be accepted. Nothing was changed."
        ),
        _("Go back, reload the page and send the form again. Copy a long text first."),
    )


def _page(request: HttpRequest, status: int, title: str, cause: str, fix: str) -> HttpResponse:
    actor = getattr(request, "actor", None)
    context = {
        "status": status,
        "title": title,
        "cause": cause,
        "fix": fix,
        "theme": theme_of(request),
        "language": get_language(),
        "act_id": actor.act_id if actor else "",
        "demo": settings.DEMO,
    }
    # Without the request: the frame of other pages reads the database, which may be what failed.
    return HttpResponse(render_to_string("fault.html", context), status=status)
