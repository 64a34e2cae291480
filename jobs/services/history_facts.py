"""What stands around the events of the history's page: it follows from the history, and is kept
as long."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from jobs.models import ReviewMark, Token, User
from jobs.services import chain, reviews
from jobs.services.history_reach import Reach

# Auditors of other workspaces, or of another language, who look at once.
MOST_KEPT = 50


@dataclass(frozen=True)
class HistoryFacts:
    """The number of the last event; how far the history was reviewed, as reviews.Standing says
    it, by whom and when; up to which event each workspace was; and whom the filters offer:
    people by number, username and label, tokens by number, name and label of their person."""

    head: int
    reviewed_up_to: int
    unreviewed: int
    reviewed_by: str
    reviewed_at: datetime | None
    marks: dict[int, int]
    people: tuple[tuple[int, str, str], ...]
    tokens: tuple[tuple[int, str, str], ...]


@lru_cache(MOST_KEPT)
def facts_of(history_head: str, reach: Reach, language: str | None) -> HistoryFacts:
    """The facts where the history ends with this hash, for a reader of `language`, which is what
    the thread speaks. Nine queries, and none while nothing happens: marks, members and tokens
    change with an event, and so does a name that is erased."""
    standing = reviews.standing(reach)
    people = User.objects.filter(memberships__workspace__in=reach.workspaces).distinct()
    labels = {
        person.pk: (person.username, person.label)
        for person in people.order_by("first_name", "username")
    }
    tokens = Token.objects.filter(user__in=labels).order_by("name")
    return HistoryFacts(
        head=chain.head().seq,
        reviewed_up_to=standing.up_to,
        unreviewed=standing.unreviewed,
        reviewed_by=standing.last.actor if standing.last else "",
        reviewed_at=standing.last.at if standing.last else None,
        marks=dict(ReviewMark.objects.values_list("workspace_id", "up_to")),
        people=tuple((pk, *names) for pk, names in labels.items()),
        tokens=tuple(
            (pk, name, labels[user][1])
            for pk, name, user in tokens.values_list("pk", "name", "user_id")
        ),
    )
