"""Reading the history: a job's part of it, and all that one may audit."""

from datetime import UTC

from django.http import StreamingHttpResponse
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from jobs.api.bearer import ApiRequest
from jobs.api.envelope import responses
from jobs.api.event_shape import EventPage, shown
from jobs.api.jobs import router as jobs_router
from jobs.api.jobs import visible
from jobs.api.queries import refuse_unknown
from jobs.choices import EventOutcome, Verb
from jobs.errors import InvalidFields
from jobs.models import AuditEvent
from jobs.permissions import Ability, held_by
from jobs.services import exports, exports_bundle, history_reach, history_search
from jobs.services.history_search import EventSearch

router = Router(tags=["history"])

ZIP = "application/zip"
BEFORE, AFTER = "before", "after"
# A number of so many digits is above every event's, and no database takes it.
MOST_DIGITS = 19


class JobEventsQuery(Schema):
    """Where to go on, and how far."""

    cursor: str = Field("", description=gettext_noop("The `next` of the page before."))
    limit: int = Field(50, ge=1, le=100, description=gettext_noop("Events on a page."))


class ExportQuery(Schema):
    """Which events; each empty one leaves the history as wide as it is."""

    since: str = Field(
        "", description=gettext_noop("A day (UTC), or a time as ISO 8601 with offset; included.")
    )
    until: str = Field(
        "",
        description=gettext_noop("A day, included whole, or a time, not included; like since."),
    )
    person: str = Field("", description=gettext_noop("A username, or a person's number."))
    token: str = Field("", description=gettext_noop("A token's number."))
    verb: list[str] = Field(
        [],
        description=gettext_noop("A verb, such as `job.submitted`; may be given several times."),
        json_schema_extra={"items": {"type": "string", "enum": ["", *Verb.values]}},
    )
    job: str = Field("", description=gettext_noop("A job's number."))
    workspace: str = Field("", description=gettext_noop("A workspace's short name."))
    outcome: str = Field(
        "",
        description=gettext_noop("How what the event tells of came out."),
        json_schema_extra={"enum": ["", *EventOutcome.values]},
    )
    reviewed: str = Field(
        "",
        description=gettext_noop("`no` for what no auditor has marked as reviewed."),
        json_schema_extra={"enum": ["", "no"]},
    )
    act: str = Field("", description=gettext_noop("A request's id: all events of one act."))
    q: str = Field("", description=gettext_noop("Words, all of which an event holds."))


class EventQuery(ExportQuery, JobEventsQuery):
    """Which events, and which page of them."""

    after: str = Field(
        "",
        description=gettext_noop(
            "An event's number: only later ones, oldest first. With the last number that you "
            "have, this brings what is new, and misses none."
        ),
    )


@jobs_router.get(
    "/jobs/{int:job_id}/events",
    response=responses({200: EventPage}, 404),
    operation_id="list_job_events",
    summary=gettext_noop("Show what happened to a job"),
    description=gettext_noop("The job's events, oldest first."),
)
def list_job_events(request: ApiRequest, job_id: int, query: Query[JobEventsQuery]) -> EventPage:
    """One page of them, for whoever may see the job."""
    refuse_unknown(request, JobEventsQuery)
    job = visible(request, job_id)
    _side, seen = _place(query.cursor, AFTER)
    events = AuditEvent.objects.filter(job_id=job.pk, seq__gt=seen).order_by("seq")
    found = list(events[: query.limit + 1])
    may_audit = Ability.AUDIT in held_by(request.actor, job.workspace)
    return _page(found, query.limit, addresses=may_audit)


@router.get(
    "/audit/events",
    response=responses({200: EventPage}, 403),
    operation_id="list_events",
    summary=gettext_noop("Read the history"),
    description=gettext_noop(
        "The events of the workspaces that you audit, newest first; with `after`, oldest first. "
        "Follow `next` until it is null: where words or acts are looked for, a page may be "
        "empty and the next one not."
    ),
)
def list_events(request: ApiRequest, query: Query[EventQuery]) -> EventPage:
    """One page of the events that the actor may read."""
    refuse_unknown(request, EventQuery)
    reach = history_reach.require(request.actor)
    search = _search(query)
    if query.after and not _is_number(query.after):
        raise InvalidFields({"after": [_("Write a number.")]})
    side, seq = _place(query.cursor, BEFORE, AFTER)
    if side == AFTER or (query.after and not side):
        later = search.events(reach).filter(seq__gt=seq or int(query.after))
        return _page(list(later[: query.limit + 1]), query.limit, addresses=True)
    page = history_search.page_of(search, reach, before=seq or None, size=query.limit)
    return EventPage(
        items=shown(page.events, addresses=True),
        next=f"{BEFORE}-{page.before}" if page.before else None,
    )


@router.get(
    "/audit/export",
    response=responses({200: None}, 403),
    operation_id="export_history",
    summary=gettext_noop("Export the history with its proof"),
    description=gettext_noop(
        "A zip with the events found, what holds the others in place, signed checkpoints, and a "
        "program that checks all of it without this installation. The export is an event too."
    ),
    openapi_extra={
        "responses": {200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}}
    },
)
def export_history(request: ApiRequest, query: Query[ExportQuery]) -> StreamingHttpResponse:
    """The zip, made while it is sent."""
    refuse_unknown(request, ExportQuery)
    export = exports.begin(_search(query), form="zip", actor=request.actor)
    answer = StreamingHttpResponse(
        exports_bundle.stream(export, get_language() or "en"), content_type=ZIP
    )
    answer["Content-Disposition"] = f'attachment; filename="history-{export.last}.zip"'
    return answer


def _search(query: ExportQuery) -> EventSearch:
    """The search that the parameters describe. Raises InvalidFields."""
    values = query.model_dump(include=set(ExportQuery.model_fields) - {"verb"})
    search, problems = history_search.read(values, query.verb, UTC)
    if problems:
        raise InvalidFields(problems)
    return search


def _page(found: list[AuditEvent], limit: int, *, addresses: bool) -> EventPage:
    """The page of events that stand oldest first, of which one more than fits was read."""
    events = found[:limit]
    return EventPage(
        items=shown(events, addresses=addresses),
        next=f"{AFTER}-{events[-1].seq}" if len(found) > limit else None,
    )


def _place(cursor: str, *sides: str) -> tuple[str, int]:
    """The side of which event a cursor stands at, or ("", 0) for none. Raises InvalidFields."""
    if not cursor:
        return "", 0
    side, _dash, number = cursor.partition("-")
    if side not in sides or not _is_number(number):
        raise InvalidFields({"cursor": [_("This is not a cursor that a list gave out.")]})
    return side, int(number)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < MOST_DIGITS
