"""Finding events: the filters that the history page, its exports and the API share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, tzinfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from jobs.choices import EventOutcome, Verb
from jobs.models import AuditEvent, AuditPersonal, ReviewMark, User
from jobs.services import chain, searching
from jobs.services.history_reach import Reach

# Words and acts have no index: they are looked for in so many events at a time, newest first,
# and the page offers to go on.
SCANNED_EVENTS = 50_000
# Clocks of several machines differ: an event may stand so far from where its time would be.
CLOCK_ALLOWANCE = timedelta(hours=1)
LONGEST_TEXT = 200
MOST_TERMS = 8
MOST_VERBS = 20
MOST = 2**63 - 1


@dataclass(frozen=True)
class EventSearch:
    """What is looked for. Empty values do not narrow the search.

    `since` is included and `until` is not; `person` is a user's number or name, `token` and
    `job` are numbers, `workspace` is a slug, `act` is a request's id, `verbs` may be several.
    `reviewed` is "no", or "" for all. `q` finds words in texts and in personal values.
    """

    since: datetime | None = None
    until: datetime | None = None
    person: str = ""
    token: int | None = None
    verbs: tuple[str, ...] = ()
    job: int | None = None
    workspace: str = ""
    outcome: str = ""
    reviewed: str = ""
    act: str = ""
    q: str = ""

    @property
    def narrows(self) -> bool:
        """Whether anything is filtered at all."""
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def scans(self) -> bool:
        """Whether events have to be read one by one, and so only some at a time."""
        return bool(self.act or self.q)

    def query(self) -> dict[str, str | list[str]]:
        """The search as parameters of an address."""
        said: dict[str, str | list[str]] = {
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "verb": list(self.verbs),
            "token": str(self.token or ""),
            "job": str(self.job or ""),
        }
        said |= {name: getattr(self, name) for name in _TEXTS}
        return {name: value for name, value in said.items() if value}

    def condition(self, reach: Reach) -> Q:
        """What an event has to meet. A time costs a query, a review mark two."""
        found = reach.events() & self._within_time()
        if self.person:
            found &= Q(actor_user_id__in=_people(self.person))
        if self.token:
            found &= Q(token_id=self.token)
        if self.verbs:
            found &= Q(verb__in=self.verbs)
        if self.job:
            found &= Q(job_id=self.job)
        if self.workspace:
            found &= Q(workspace_id__in=_ids_of_slug(self.workspace, reach))
        if self.outcome:
            found &= Q(outcome=self.outcome)
        if self.act:
            found &= Q(act_id=self.act)
        if self.reviewed == "no":
            found &= _unreviewed(reach)
        for term in self.q.split()[:MOST_TERMS]:
            found &= _mentions(term)
        return found

    def events(self, reach: Reach) -> QuerySet[AuditEvent]:
        """The events found among those that may be shown, oldest first."""
        return AuditEvent.objects.filter(self.condition(reach)).order_by("seq")

    def bounds(self, last: int) -> tuple[int, int]:
        """The first and the last number that the times leave over, if `last` is the newest.

        Numbers and times grow together, but for the difference of clocks. A query a time.
        """
        first = 1
        if self.since:
            later = AuditEvent.objects.filter(at__gte=self.since - CLOCK_ALLOWANCE)
            found = later.order_by("at").values_list("seq", flat=True).first()
            first = min(last, MOST - 1) + 1 if found is None else found
        if self.until:
            earlier = AuditEvent.objects.filter(at__lt=self.until + CLOCK_ALLOWANCE)
            found = earlier.order_by("-at").values_list("seq", flat=True).first()
            last = min(last, found or 0)
        return first, last

    def _within_time(self) -> Q:
        first, last = self.bounds(MOST)
        within = Q()
        if self.since:
            within &= Q(at__gte=self.since, seq__gte=first)
        if self.until:
            within &= Q(at__lt=self.until, seq__lte=last)
        return within


_TEXTS = ("person", "workspace", "outcome", "reviewed", "act", "q")


@dataclass(frozen=True)
class EventPage:
    """Some events, newest first. `before` leads to older ones, `after` to newer ones, each the
    number of an event that is not on that page. `scanned_to` is the oldest event that was
    looked at, where not all were."""

    events: list[AuditEvent]
    before: int | None
    after: int | None
    scanned_to: int | None


def page_of(
    search: EventSearch,
    reach: Reach,
    *,
    before: int | None = None,
    after: int | None = None,
    size: int,
) -> EventPage:
    """One page of the events found, in one query beside those of the search itself."""
    found = search.events(reach)
    if after is not None:
        newer = found.filter(seq__gt=after)
        if search.scans:
            newer = newer.filter(seq__lte=after + SCANNED_EVENTS)
        events = list(newer[: size + 1])
        if len(events) > size:
            events = events[size - 1 :: -1]
            return EventPage(events, events[-1].seq, events[0].seq, None)
        before = None  # the top is a full page, not the few events above the mark
    older = found.order_by("-seq")
    bottom = 0
    if before:
        older = older.filter(seq__lt=before)
    if search.scans:
        bottom = max(0, (before or chain.head().seq + 1) - 1 - SCANNED_EVENTS)
        older = older.filter(seq__gt=bottom)
    events = list(older[: size + 1])
    more, events = len(events) > size, events[:size]
    stopped_at = bottom + 1 if bottom and not more else None
    return EventPage(
        events,
        before=events[-1].seq if more else stopped_at,
        after=(events[0].seq if events else before - 1) if before else None,
        scanned_to=stopped_at,
    )


def read(
    values: Mapping[str, str], verbs: list[str], zone: tzinfo
) -> tuple[EventSearch, dict[str, list[str]]]:
    """The search that request parameters describe, and what is wrong with them by name.

    A wrong parameter does not narrow the search. Times are written as for jobs.
    """
    problems: dict[str, list[str]] = {}

    def number_of(name: str) -> int | None:
        text = values.get(name, "").strip().removeprefix("#")
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) < 20 and 0 < int(text) < MOST:
            return int(text)
        problems[name] = [_("Write a number.")]
        return None

    def time_of(name: str, whole_days: int) -> datetime | None:
        text = values.get(name, "").strip()
        at = searching.time_in(text, zone, whole_days) if text else None
        if text and at is None:
            problems[name] = [_("Write a day as 2026-01-31, or a time as ISO 8601 with offset.")]
        return at

    def one_of(name: str, known: list[str]) -> str:
        value = values.get(name, "")
        if value and value not in known:
            problems[name] = [_("There is no such choice.")]
            return ""
        return value

    unknown = [verb for verb in verbs if verb and verb not in Verb.values]
    if unknown or len(verbs) > MOST_VERBS:
        problems["verb"] = [_("There is no such choice.")]
    texts = {
        # PostgreSQL has no NUL, so no text holds one.
        name: values.get(name, "").replace("\x00", "").strip()[:LONGEST_TEXT]
        for name in ("person", "workspace", "act", "q")
    }
    search = EventSearch(
        since=time_of("since", 0),
        until=time_of("until", 1),
        token=number_of("token"),
        job=number_of("job"),
        verbs=tuple(dict.fromkeys(v for v in verbs[:MOST_VERBS] if v in Verb.values)),
        outcome=one_of("outcome", EventOutcome.values),
        reviewed=one_of("reviewed", ["no"]),
        **texts,
    )
    return search, problems


def _people(person: str) -> QuerySet[User, int] | list[int]:
    if person.isascii() and person.isdecimal():
        return [int(person)] if int(person) < MOST else []
    return User.objects.filter(username=person).values_list("pk", flat=True)


def _ids_of_slug(slug: str, reach: Reach) -> list[int]:
    return [pk for pk, workspace in reach.workspaces.items() if workspace.slug == slug]


def _unreviewed(reach: Reach) -> Q:
    """Events above their workspace's mark, which are all above the lowest mark."""
    marked = reach.marked_ids()
    marks = dict(
        ReviewMark.objects.filter(workspace_id__in=marked).values_list("workspace_id", "up_to")
    )
    own = ReviewMark.objects.filter(
        workspace_id=Coalesce(OuterRef("workspace_id"), ReviewMark.NO_WORKSPACE)
    )
    lowest = min((marks.get(pk, 0) for pk in marked), default=0)
    return Q(seq__gt=lowest) & Q(seq__gt=Coalesce(Subquery(own.values("up_to")), Value(0)))


def _mentions(term: str) -> Q:
    """Events that have the term in their text or beside it; a number finds its event and job."""
    written = json.dumps(term, ensure_ascii=False)[1:-1]
    personal = AuditPersonal.objects.filter(event_seq=OuterRef("seq"), value__icontains=term)
    found = Q(canonical__icontains=written) | Q(Exists(personal))
    number = term.removeprefix("#")
    if number.isascii() and number.isdecimal() and int(number) < MOST:
        found |= Q(seq=int(number)) | Q(job_id=int(number))
    return found
