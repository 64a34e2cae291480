"""The first page: what needs a person now, what runs, how it went, and how the machinery does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jobs.middleware import DeskRequest
from jobs.models import Duty, ImportJob
from jobs.services import searching
from jobs.services.listed_jobs import ListedJob
from jobs.services.machinery import Station, machinery
from jobs.services.overview import Overview, Pace, Standing, Waiting, look
from jobs.session_store import history_head
from jobs.templatetags.clock import Clock, duration_text
from jobs.views import freshness, visits
from jobs.views.chrome import Pulse, as_part_of_page, chrome_of, wants_fragment
from jobs.views.freshness import Version
from jobs.views.outcome_chart import chart_of
from jobs.views.rows import JobRow, aged, capped, timeless_rows_of

REFRESH_SECONDS = 15
SLOW_MINUTES = 5
SLOW_IN = 20  # one in so many takes longer than what is called slow


@dataclass(frozen=True)
class Tile:
    """One figure with a word above and a note below, leading to the jobs that it is of."""

    label: str
    figure: str
    note: str
    url: str
    tone: str = ""


@dataclass(frozen=True)
class Moving:
    """An open job, and whether it has been open for longer than almost all took."""

    row: JobRow
    slow: bool


@dataclass(frozen=True)
class News:
    """How many came to nothing since the last visit, and where they are."""

    count: str
    url: str


@dataclass(frozen=True)
class TroubleLine:
    """An explanation with its fix, and the jobs it was given for."""

    title: str
    fix: str
    count: int
    url: str


@dataclass(frozen=True)
class StationLine:
    """How a workspace's DashScope answers, and what the worker last did there."""

    slug: str
    name: str
    host: str
    url: str
    pulse: Pulse
    facts: list[tuple[str, str]]


@require_safe
def overview(request: DeskRequest) -> HttpResponse:
    """The overview, or for htmx its changing part: 304 while the reader has all of it."""
    clock = Clock.of(request)
    if wants_fragment(request) and "machinery" in request.GET:
        machines = {"stations": _stations(request, clock)}
        return as_part_of_page(render(request, "overview/_machinery.html", machines))
    last_visit = visits.last_visit(request, clock.now)
    # Time alone makes an import slow, so now and then the page is made anew without an event.
    state = freshness.state_of(request, clock, last_visit, clock.now.minute // SLOW_MINUTES)
    held = freshness.version_held(request)
    if wants_fragment(request) and held.state == state:
        return freshness.unchanged()
    found = look(
        [membership.workspace_id for membership in chrome_of(request).memberships],
        now=clock.now,
        history_head=history_head(request),
    )
    context = _shown(request, found, clock, last_visit)
    version = Version(state, freshness.content_of(context))
    context |= {
        "version": version,
        "refresh_url": request.path,
        "refresh_target": "#overview",
        "refresh_seconds": REFRESH_SECONDS,
    }
    if wants_fragment(request):
        if held.content == version.content:
            return freshness.later(request, context)
        context["stations"] = _stations(request, clock)
        return as_part_of_page(render(request, "overview.html#overview", context))
    context["stations"] = _stations(request, clock)
    response = as_part_of_page(render(request, "overview.html", context))
    visits.remember(request, response, clock.now)
    return response


def _shown(
    request: DeskRequest, found: Overview, clock: Clock, last_visit: datetime | None
) -> dict[str, Any]:
    standing = found.standing
    figures = standing.figures
    news = standing.waiting.news_since(last_visit)
    return {
        "tiles": _tiles(found, clock, news),
        "chart": chart_of(figures.days, get_language()),
        "cut_at": clock.exact(figures.window.since) if figures.window.cut else "",
        "waiting": tuple(_rows(request, found.waiting, clock)),
        "news": _news(news, last_visit),
        "moving": tuple(
            Moving(row, slow=_is_slow(job, figures.pace, clock))
            for row, job in zip(_rows(request, found.moving, clock), found.moving, strict=True)
        ),
        "troubles": tuple(
            TroubleLine(
                trouble.explanation.title.in_language(get_language() or "en"),
                trouble.explanation.fix.in_language(get_language() or "en"),
                trouble.count,
                _jobs_url(q=trouble.words, since=_since(standing)),
            )
            for trouble in figures.troubles
        ),
        "pace": figures.pace and duration_text(figures.pace.median),
        "empty": not (found.waiting or found.moving or any(day.total for day in figures.days))
        and not ImportJob.objects.visible_to(request.user).exists(),
    }


def _rows(request: DeskRequest, jobs: list[ListedJob], clock: Clock) -> list[JobRow]:
    return aged(timeless_rows_of(jobs, chrome_of(request).memberships, clock), jobs, clock)


def _news(count: int | None, last_visit: datetime | None) -> News | None:
    if not last_visit or not count:
        return None
    url = _jobs_url(status=searching.NEEDS_PERSON, ended_since=last_visit.isoformat())
    return News(capped(count), url)


def _tiles(found: Overview, clock: Clock, news: int | None) -> tuple[Tile, ...]:
    standing = found.standing
    figures, waiting = standing.figures, standing.waiting
    ended = sum(day.succeeded + day.unsuccessful for day in figures.days)
    succeeded = sum(day.succeeded for day in figures.days)
    open_count = standing.moving_count + waiting.unanswered + waiting.conflicts
    days = len(figures.days)
    return (
        Tile(
            _("Needs a person"),
            capped(waiting.count),
            _waiting_note(waiting, news),
            _jobs_url(status=searching.NEEDS_PERSON),
            "warn" if waiting.count else "ok",
        ),
        Tile(
            _("Open now"),
            capped(open_count),
            _("the oldest for %(age)s") % {"age": clock.age(found.moving[0].created_at)}
            if found.moving
            else _("nothing is under way"),
            _jobs_url(status=searching.OPEN),
        ),
        Tile(
            ngettext("Imported, %(count)s day", "Imported, %(count)s days", days) % {"count": days},
            str(succeeded),
            _("%(share)s %% of what ended") % {"share": f"{100 * succeeded / ended:.1f}"}
            if ended
            else _("nothing ended yet"),
            _jobs_url(status="succeeded", since=_since(standing)),
        ),
        Tile(
            _("Time to import"),
            duration_text(figures.pace.median) if figures.pace else "–",
            _("median; %(p95)s at p95") % {"p95": duration_text(figures.pace.p95)}
            if figures.pace
            else _("no import succeeded yet"),
            _jobs_url(status="succeeded", since=_since(standing)),
        ),
    )


def _waiting_note(waiting: Waiting, news: int | None) -> str:
    """How much there is of each kind, the most pressing first."""
    parts = []
    if waiting.conflicts:
        parts.append(
            ngettext("%(count)s to settle", "%(count)s to settle", waiting.conflicts)
            % {"count": capped(waiting.conflicts)}
        )
    if waiting.unanswered:
        parts.append(
            ngettext("%(count)s unconfirmed", "%(count)s unconfirmed", waiting.unanswered)
            % {"count": capped(waiting.unanswered)}
        )
    if news:
        parts.append(_("%(count)s new since your last visit") % {"count": capped(news)})
    elif waiting.ended:
        parts.append(_("%(count)s came to nothing") % {"count": capped(len(waiting.ended))})
    return " · ".join(parts) or _("nothing waits for anyone")


def _is_slow(job: ListedJob, pace: Pace | None, clock: Clock) -> bool:
    if pace is None or pace.count < SLOW_IN:
        return False
    return clock.now - job.created_at > pace.p95


def _stations(request: DeskRequest, clock: Clock) -> list[StationLine]:
    frame = chrome_of(request)
    workspaces = [membership.workspace for membership in frame.memberships]
    found = machinery(workspaces)
    return [
        StationLine(
            station.workspace.slug,
            drawn.name,
            drawn.host,
            _jobs_url(workspace=station.workspace.slug),
            drawn.pulse,
            _facts(station, clock),
        )
        for station, drawn in zip(found.stations, frame.stations, strict=True)
    ]


def _facts(station: Station, clock: Clock) -> list[tuple[str, str]]:
    facts = [
        (_("Open jobs followed"), _duty_text(station.followed, clock)),
        (_("Jobs made elsewhere looked for"), _duty_text(station.discovered, clock)),
    ]
    if station.has_key is False:
        missing = _("No running worker holds %(setting)s.")
        facts.append((_("Key"), missing % {"setting": station.workspace.key_setting}))
    elif station.workspace.key_fingerprint:
        facts.append((_("Key"), station.workspace.key_fingerprint))
    if station.workspace.retry_at and station.workspace.retry_at > clock.now:
        facts.append((_("Asked again"), clock.to_the_second(station.workspace.retry_at)))
    return facts


def _duty_text(duty: Duty | None, clock: Clock) -> str:
    if duty is None or duty.done_at is None:
        return _("not yet")
    return ngettext(
        "%(ago)s, %(count)s call in %(duration)s ms",
        "%(ago)s, %(count)s calls in %(duration)s ms",
        duty.calls,
    ) % {"ago": clock.ago(duty.done_at), "count": duty.calls, "duration": duty.duration_ms}


def _jobs_url(**filters: str) -> str:
    return f"{reverse('job-list')}?{urlencode(filters)}"


def _since(standing: Standing) -> str:
    """The first moment that the figures are of, as the list's filter takes it."""
    window = standing.figures.window
    start = window.since
    whole_day = start == window.starts[0]
    return start.date().isoformat() if whole_day else start.isoformat(timespec="seconds")
