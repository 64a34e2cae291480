"""What an auditor looks at first: unknown outcomes, overrides, roles, and what fails repeatedly."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Max
from django.utils.translation import gettext_lazy

from jobs.choices import RESUBMITTABLE_STATUSES, EventOutcome, Verb
from jobs.models import AuditPersonal, ImportJob
from jobs.services import history
from jobs.services.history import Entry
from jobs.services.history_reach import Reach
from jobs.services.history_search import EventSearch

MOST_COUNTED = 1000
MOST_SHOWN = 10
REPEATED_FAILURES = 3
REPEATED_REFUSALS = 5

OVERRIDES = (Verb.GUARD_OVERRIDDEN, Verb.ATTEMPT_PICKED, Verb.ATTEMPT_DISMISSED)
ROLES = (
    Verb.MEMBER_ADDED,
    Verb.MEMBER_CHANGED,
    Verb.MEMBER_REMOVED,
    Verb.MEMBER_JOINED,
    Verb.MEMBER_LEFT,
    Verb.SECOND_FACTOR_REMOVED,
)


@dataclass(frozen=True)
class Exceptions:
    """One kind of exception: the search that finds it, how many there are (counted no further
    than MOST_COUNTED) and the newest of them."""

    name: str
    label: Any
    search: EventSearch
    count: int
    entries: list[Entry]


@dataclass(frozen=True)
class RepeatedFailure:
    """The same weights came to nothing so many times; `last` is the newest of these jobs."""

    base_model: str
    place: str
    count: int
    last: int


@dataclass(frozen=True)
class RepeatedRefusal:
    """So many sign-ins were refused from one address."""

    address: str
    count: int


KINDS = {
    "unknown": (
        gettext_lazy("Unknown outcomes"),
        EventSearch(outcome=EventOutcome.UNKNOWN),
    ),
    "overrides": (
        gettext_lazy("Overrides and decisions"),
        EventSearch(verbs=OVERRIDES),
    ),
    "roles": (
        gettext_lazy("Roles and members"),
        EventSearch(verbs=ROLES),
    ),
    "unreviewed": (
        gettext_lazy("Not reviewed yet"),
        EventSearch(reviewed="no"),
    ),
}


def found(reach: Reach, period: EventSearch) -> list[Exceptions]:
    """Each kind of exception within the period's times and workspace. A few queries a kind."""
    return [
        _exceptions(name, label, _within(search, period), reach)
        for name, (label, search) in KINDS.items()
    ]


def repeated_failures(reach: Reach, period: EventSearch) -> list[RepeatedFailure]:
    """Weights that came to nothing REPEATED_FAILURES times or more in the period. One query."""
    jobs = ImportJob.objects.filter(
        workspace__in=reach.workspaces, status__in=RESUBMITTABLE_STATUSES
    )
    if period.since:
        jobs = jobs.filter(finished_at__gte=period.since)
    if period.until:
        jobs = jobs.filter(finished_at__lt=period.until)
    if period.workspace:
        jobs = jobs.filter(workspace__slug=period.workspace)
    groups = (
        jobs.order_by()
        .values("workspace_id", "base_model", "bucket_name", "object_key")
        .annotate(count=Count("pk"), last=Max("pk"))
        .filter(count__gte=REPEATED_FAILURES)
        .order_by("-count", "-last")
    )
    return [
        RepeatedFailure(
            group["base_model"],
            f"{group['bucket_name']}/{group['object_key']}",
            group["count"],
            group["last"],
        )
        for group in groups[:MOST_SHOWN]
    ]


def repeated_refusals(reach: Reach, period: EventSearch) -> list[RepeatedRefusal]:
    """Addresses from which REPEATED_REFUSALS sign-ins or more were refused in the period; they
    belong to no workspace. One query beside those of the search."""
    sign_ins = EventSearch(verbs=(Verb.SIGN_IN_FAILED,))
    refused = _within(sign_ins, replace(period, workspace="")).events(reach)
    groups = (
        AuditPersonal.objects.filter(field="address", event_seq__in=refused.values("seq"))
        .values("value")
        .annotate(count=Count("pk"))
        .filter(count__gte=REPEATED_REFUSALS)
        .order_by("-count", "value")
    )
    return [RepeatedRefusal(group["value"], group["count"]) for group in groups[:MOST_SHOWN]]


def _within(search: EventSearch, period: EventSearch) -> EventSearch:
    return replace(search, since=period.since, until=period.until, workspace=period.workspace)


def _exceptions(name: str, label: Any, search: EventSearch, reach: Reach) -> Exceptions:
    events = search.events(reach)
    return Exceptions(
        name,
        label,
        search,
        events.order_by()[:MOST_COUNTED].count(),
        history.entries(events.order_by("-seq")[:MOST_SHOWN]),
    )
