"""The report on a period: what happened, who acted, what stood out, and what proves it."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Max, Min, Q, QuerySet

from jobs.choices import TYING_VERBS, EventOutcome, Verb
from jobs.models import AuditCheckpoint, AuditEvent, User, Verification
from jobs.services import audit, chain_verification, history, reviews, reviews_exceptions
from jobs.services.history_reach import Reach
from jobs.services.history_search import EventSearch
from jobs.services.reviews import Standing
from jobs.services.reviews_exceptions import Exceptions, RepeatedFailure, RepeatedRefusal

MOST_PEOPLE = 12


@dataclass(frozen=True)
class Acting:
    """Somebody who acted in the period, in how many events, and in how many with a token."""

    label: str
    person: int
    events: int
    by_token: int


@dataclass(frozen=True)
class Report:
    """What a page for a period says. `first` and `last` are None if nothing happened. `outcomes`
    are those of imports.

    `checkpoint` is the first one that covers all of the period's events.
    """

    events: int
    first: AuditEvent | None
    last: AuditEvent | None
    submissions: int
    outcomes: list[tuple[EventOutcome, int]]
    verbs: list[tuple[str, str, int]]
    people: list[Acting]
    exceptions: list[Exceptions]
    failures: list[RepeatedFailure]
    refusals: list[RepeatedRefusal]
    standing: Standing
    verification: Verification | None
    checkpoint: AuditCheckpoint | None


def of(reach: Reach, period: EventSearch) -> Report:
    """The report on what the period's times and workspace leave over. Some thirty queries,
    whatever the period."""
    events = period.events(reach).order_by()
    ends = events.aggregate(first=Min("seq"), last=Max("seq"))
    counted = events.values_list("verb", "outcome").annotate(count=Count("seq"))
    verbs: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for verb, outcome, count in counted:
        verbs[verb] += count
        if verb in audit.ENDS_OF_IMPORTS:
            outcomes[outcome] += count
    outcomes.update(_ended_when_tied(events))
    checkpoints = AuditCheckpoint.objects.filter(seq__gte=ends["last"] or 0)
    return Report(
        events=verbs.total(),
        first=AuditEvent.objects.filter(seq=ends["first"]).first(),
        last=AuditEvent.objects.filter(seq=ends["last"]).first(),
        submissions=verbs[Verb.JOB_SUBMITTED] + verbs[Verb.JOB_RESUBMITTED],
        outcomes=[(outcome, outcomes[outcome]) for outcome in EventOutcome],
        verbs=[(history.in_general(verb), verb, count) for verb, count in verbs.most_common()],
        people=_people(events),
        exceptions=[
            kind for kind in reviews_exceptions.found(reach, period) if kind.name != "unreviewed"
        ],
        failures=reviews_exceptions.repeated_failures(reach, period),
        refusals=reviews_exceptions.repeated_refusals(reach, period),
        standing=reviews.standing(reach),
        verification=chain_verification.latest(),
        checkpoint=checkpoints.order_by("seq").first(),
    )


def _ended_when_tied(events: QuerySet[AuditEvent]) -> dict[str, int]:
    """How many jobs had ended when their attempts were tied to them, by how."""
    counts = {
        str(outcome): Count("seq", filter=Q(canonical__contains=said))
        for said, outcome in audit.ENDS_WHEN_TIED.items()
    }
    return events.filter(verb__in=TYING_VERBS).aggregate(**counts)


def _people(events: QuerySet[AuditEvent]) -> list[Acting]:
    counted = (
        events.exclude(actor_user_id=None)
        .values("actor_user_id")
        .annotate(count=Count("seq"), by_token=Count("token_id"))
        .order_by("-count", "actor_user_id")[:MOST_PEOPLE]
    )
    found = {one["actor_user_id"] or 0: one for one in counted}
    users = User.objects.in_bulk(found)
    return [
        Acting(users[pk].label, pk, one["count"], one["by_token"])
        for pk, one in found.items()
        if pk in users
    ]
