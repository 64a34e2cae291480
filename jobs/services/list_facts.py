"""What stands around the rows of the list: it follows from the history, and is kept as long."""

from dataclasses import dataclass
from functools import lru_cache

from jobs.models import SavedView, User
from jobs.services import saved_views, searching
from jobs.services.searching import JobSearch

# Counting stops here: nobody acts on the difference between a hundred and a thousand.
MOST_COUNTED = 100
# Teams that look at once, and some of what they looked at a moment ago.
MOST_KEPT = 100


@dataclass(frozen=True)
class ListFacts:
    """Of some workspaces: how many jobs need a person and how many are open, counted no further
    than MOST_COUNTED; their people, each by username and label; and the views that they saved."""

    needing_a_person: int
    open: int
    people: tuple[tuple[str, str], ...]
    views: tuple[SavedView, ...]


@lru_cache(MOST_KEPT)
def facts_of(history_head: str, workspaces: tuple[int, ...]) -> ListFacts:
    """The facts of these workspaces, by number, where the history ends with this hash. Four
    queries, and none while nothing happens: who changes one of the facts records an event."""
    people = User.objects.filter(memberships__workspace__in=workspaces).distinct()
    return ListFacts(
        needing_a_person=_count(searching.NEEDS_PERSON, workspaces),
        open=_count(searching.OPEN, workspaces),
        people=tuple(
            (person.username, person.label) for person in people.order_by("first_name", "username")
        ),
        views=tuple(saved_views.of(workspaces)),
    )


def _count(status: str, workspaces: tuple[int, ...]) -> int:
    return JobSearch(status=status).jobs_in(workspaces).order_by()[:MOST_COUNTED].count()
