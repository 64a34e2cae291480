"""Which columns of the list somebody wants to see, kept in their browser."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.http import require_POST

from jobs.views.chrome import A_YEAR_SECONDS, safe_next

COOKIE = "columns"
# Beside status and name, which are always there, in the order in which they stand.
COLUMNS = {
    "base": gettext_lazy("Base model"),
    "place": gettext_lazy("Bucket and path"),
    "workspace": gettext_lazy("Workspace"),
    "job_id": gettext_lazy("Job at DashScope"),
    "who": gettext_lazy("Submitted by"),
    "took": gettext_lazy("Took"),
    "age": gettext_lazy("Age"),
}
USUAL = ("base", "place", "who", "age")
NONE = "none"


def columns_of(request: HttpRequest) -> tuple[str, ...]:
    """The columns that the reader chose, else the usual ones."""
    if not (kept := request.COOKIES.get(COOKIE, "")):
        return USUAL
    chosen = kept.split(".")
    return tuple(name for name in COLUMNS if name in chosen)


def choices(chosen: tuple[str, ...]) -> tuple[tuple[str, str, bool], ...]:
    """Each column with its label, and whether it is among the chosen ones."""
    return _choices(chosen, get_language())


@lru_cache
def _choices(chosen: tuple[str, ...], language: str | None) -> tuple[tuple[str, str, bool], ...]:
    # In `language`, which is what the thread speaks.
    return tuple((name, str(label), name in chosen) for name, label in COLUMNS.items())


@require_POST
def columns(request: HttpRequest) -> HttpResponse:
    """Remember the columns and go back to the list; the usual ones need no cookie."""
    chosen = [name for name in COLUMNS if name in request.POST.getlist("column")]
    response = redirect(safe_next(request, request.POST.get("next", "")))
    if "usual" in request.POST or chosen == list(USUAL):
        response.delete_cookie(COOKIE, samesite="Lax")
    else:
        response.set_cookie(
            COOKIE,
            ".".join(chosen) or NONE,
            max_age=A_YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
