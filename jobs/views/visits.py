"""When somebody last looked at the overview, kept in their browser: a GET writes no record."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "visit"
SALT = "jobs.visits"
A_YEAR_SECONDS = 365 * 24 * 60 * 60
# Whoever comes back within this time is still on the same visit.
PAUSE = timedelta(minutes=30)


def last_visit(request: HttpRequest, now: datetime) -> datetime | None:
    """When the visit before this one ended; None if there was none in this browser."""
    before, latest = _read(request)
    return before if latest and now - latest < PAUSE else latest


def remember(request: HttpRequest, response: HttpResponse, now: datetime) -> None:
    """Keep this visit in the response's cookie, and the one before it as long as it lasts."""
    before = last_visit(request, now)
    times = [at.astimezone(UTC).isoformat() if at else "" for at in (before, now)]
    response.set_signed_cookie(
        COOKIE,
        "/".join([str(request.user.pk), *times]),
        salt=SALT,
        max_age=A_YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _read(request: HttpRequest) -> tuple[datetime | None, datetime | None]:
    kept = request.get_signed_cookie(COOKIE, default="", salt=SALT) or ""
    whose, _, times = kept.partition("/")
    if whose != str(request.user.pk):
        return None, None  # a first visit, or somebody else's browser
    before, _, latest = times.partition("/")
    return _time(before), _time(latest)


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
