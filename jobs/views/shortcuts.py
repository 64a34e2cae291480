"""The page of keyboard shortcuts, and the switch that turns them off."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jobs.views.chrome import A_YEAR_SECONDS, SHORTCUTS_COOKIE, SHORTCUTS_OFF, chrome_of


class Shortcut(NamedTuple):
    """Keys to press one after the other, and what they do."""

    keys: list[str]
    does: str


@require_http_methods(["GET", "HEAD", "POST"])
def shortcuts(request: HttpRequest) -> HttpResponse:
    """The shortcuts, read without a script too. POST switches them on or off in this browser."""
    if request.method != "POST":
        return render(request, "shortcuts.html", {"shortcuts": _shortcuts(request)})
    response = redirect("shortcuts")
    if request.POST.get("shortcuts") == SHORTCUTS_OFF:
        response.set_cookie(SHORTCUTS_COOKIE, SHORTCUTS_OFF, max_age=A_YEAR_SECONDS, samesite="Lax")
    else:
        response.delete_cookie(SHORTCUTS_COOKIE, samesite="Lax")
    return response


def _shortcuts(request: HttpRequest) -> list[Shortcut]:
    """What static/js/shortcuts.js listens to. The navigation brings its own keys."""
    return [
        *(
            Shortcut(link.keys.split(), link.label)
            for link in chrome_of(request).links
            if link.keys
        ),
        Shortcut(["/"], _("Search, where there is a list")),
        Shortcut(["j"], _("Next job in a list")),
        Shortcut(["k"], _("Job before it")),
        Shortcut(["Enter"], _("Open the job")),
        Shortcut(["?"], _("Show these shortcuts")),
        Shortcut(["Esc"], _("Close them")),
    ]
