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
from jobs.services.machinery import Station, machinery
from jobs.services.overview import Overview, Pace, look
from jobs.session_store import history_head
from jobs.templatetags.clock import Clock, duration_text
from jobs.views import freshness, visits
from jobs.views.chrome import Pulse, as_part_of_page, chrome_of, wants_fragment
from jobs.views.freshness import Version
from jobs.views.outcome_chart import chart_of
from jobs.views.rows import JobRow, capped, row_of

REFRESH_SECONDS = 15
SLOW_MINUTES = 5


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
        last_visit=last_visit,
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
    waiting = [row_of(job, clock) for job in found.waiting.rows]
    return {
        "tiles": _tiles(found, clock),
        "chart": chart_of(found.figures.days),
        "cut_at": clock.exact(found.figures.window.since) if found.figures.window.cut else "",
        "waiting": waiting,
        "news": _news(found, last_visit),
        "moving": [_moving(job, found.figures.pace, clock) for job in found.moving],
        "more_moving": found.moving_count > len(found.moving),
        "troubles": [
            TroubleLine(
                trouble.explanation.title.in_language(get_language() or "en"),
                trouble.explanation.fix.in_language(get_language() or "en"),
                trouble.count,
                _jobs_url(q=trouble.words, since=_since(found)),
            )
            for trouble in found.figures.troubles
        ],
        "pace": found.figures.pace and duration_text(found.figures.pace.median),
        "empty": not (waiting or found.moving or any(day.total for day in found.figures.days))
        and not ImportJob.objects.visible_to(request.user).exists(),
    }


def _news(found: Overview, last_visit: datetime | None) -> News | None:
    if not last_visit or not found.waiting.news:
        return None
    url = _jobs_url(status=searching.NEEDS_PERSON, ended_since=last_visit.isoformat())
    return News(capped(found.waiting.news), url)


def _tiles(found: Overview, clock: Clock) -> list[Tile]:
    ended = sum(day.succeeded + day.unsuccessful for day in found.figures.days)
    succeeded = sum(day.succeeded for day in found.figures.days)
    open_count = found.moving_count + found.waiting.unanswered + found.waiting.conflicts
    days = len(found.figures.days)
    return [
        Tile(
            _("Needs a person"),
            capped(found.waiting.count),
            _waiting_note(found),
            _jobs_url(status=searching.NEEDS_PERSON),
            "warn" if found.waiting.count else "ok",
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
            _jobs_url(status="succeeded", since=_since(found)),
        ),
        Tile(
            _("Time to import"),
            duration_text(found.figures.pace.median) if found.figures.pace else "–",
            _("median; %(p95)s at p95") % {"p95": duration_text(found.figures.pace.p95)}
            if found.figures.pace
            else _("no import succeeded yet"),
            _jobs_url(status="succeeded", since=_since(found)),
        ),
    ]


def _waiting_note(found: Overview) -> str:
    """How much there is of each kind, the most pressing first."""
    waiting = found.waiting
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
    if waiting.news:
        parts.append(_("%(count)s new since your last visit") % {"count": capped(waiting.news)})
    elif waiting.unsuccessful:
        parts.append(_("%(count)s came to nothing") % {"count": capped(waiting.unsuccessful)})
    return " · ".join(parts) or _("nothing waits for anyone")


def _moving(job: ImportJob, pace: Pace | None, clock: Clock) -> Moving:
    row = row_of(job, clock)
    return Moving(row, slow=pace is not None and clock.now - job.created_at > pace.p95)


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


def _since(found: Overview) -> str:
    """The first moment that the figures are of, as the list's filter takes it."""
    start = found.figures.window.since
    whole_day = start == found.figures.window.starts[0]
    return start.date().isoformat() if whole_day else start.isoformat(timespec="seconds")
