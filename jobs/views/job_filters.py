"""What stands above the rows of the list: the filters as one sets them, and as they are set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.choices import JobStatus, WeightType
from jobs.middleware import DeskRequest
from jobs.services import content, pages, searching
from jobs.services.list_facts import ListFacts
from jobs.services.pages import Order
from jobs.services.searching import JobSearch
from jobs.views.chrome import chrome_of
from jobs.views.rows import capped


class FilterTexts(NamedTuple):
    """A text for each filter, under the name that it has in the list's address."""

    status: str = ""
    q: str = ""
    submitter: str = ""
    workspace: str = ""
    base_model: str = ""
    weight_type: str = ""
    since: str = ""
    until: str = ""
    ended_since: str = ""


FILTERS = FilterTexts._fields
# Shown beside each other; the others are behind a press.
AT_HAND = ("status", "q")
PLACES = ("cursor", "top")
GROUPS = {
    searching.NEEDS_PERSON: gettext_lazy("Needs a person"),
    searching.OPEN: gettext_lazy("Open"),
    searching.UNSUCCESSFUL: gettext_lazy("Came to nothing"),
}
ORDERS = {
    pages.NEWEST.name: gettext_lazy("Newest first"),
    pages.OLDEST.name: gettext_lazy("Oldest first"),
    pages.BY_STATUS.name: gettext_lazy("By status"),
}


LABELS = {
    "status": gettext_lazy("Status"),
    "q": gettext_lazy("Text"),
    "submitter": gettext_lazy("Person"),
    "workspace": gettext_lazy("Workspace"),
    "base_model": gettext_lazy("Base model"),
    "weight_type": gettext_lazy("Tuning type"),
    "since": gettext_lazy("From day"),
    "until": gettext_lazy("To day"),
    "ended_since": gettext_lazy("Ended since"),
}
_STATUSES: dict[str, Any] = {**GROUPS, **dict(JobStatus.choices)}
_WEIGHT_TYPES: dict[str, Any] = dict(WeightType.choices)


class Chip(NamedTuple):
    """A status that is one press away, with how many jobs have it where that is shown."""

    url: str
    label: str
    current: bool
    jobs: str = ""


class FilterBar(NamedTuple):
    """The filters as they are set: `values` and `faults` are by the filters' names."""

    path: str
    values: FilterTexts
    faults: FilterTexts
    chips: tuple[Chip, ...]
    workspaces: tuple[tuple[str, str], ...]
    people: tuple[tuple[str, str], ...]
    order: str
    more_open: bool


@dataclass(frozen=True, eq=False)
class Choices:
    """What some filters offer, the same for everyone."""

    statuses: tuple[tuple[str, Any], ...] = (*GROUPS.items(), *JobStatus.choices)
    weight_types: tuple[tuple[str, Any], ...] = tuple(WeightType.choices)
    orders: tuple[tuple[str, Any], ...] = tuple(ORDERS.items())
    base_models: tuple[str, ...] = tuple(content.SUGGESTED_BASE_MODELS)


CHOICES = Choices()


class Narrowing(NamedTuple):
    """One filter that is set, and the address of the list without it."""

    label: str
    value: str
    without: str


def shown(
    request: DeskRequest,
    search: JobSearch,
    problems: dict[str, list[str]],
    order: Order,
    facts: ListFacts,
) -> dict[str, Any]:
    """What the templates need to show the filters."""
    values = FilterTexts(*(request.GET.get(name, "") for name in FILTERS))
    memberships = chrome_of(request).memberships
    workspaces = tuple((each.workspace.slug, each.workspace.name) for each in memberships)
    return {
        "filter_choices": CHOICES,
        "filter_bar": FilterBar(
            path=request.path,
            values=values,
            faults=FilterTexts(**{name: texts[0] for name, texts in problems.items()}),
            chips=tuple(_chips(request, search, facts)),
            workspaces=workspaces,
            people=facts.people,
            order=order.name,
            more_open=bool(problems.keys() - {*AT_HAND}),
        ),
        "narrowings": tuple(
            Narrowing(str(label), value, address(request, **{name: None}))
            for name, label, value in _words(values, dict(facts.people), dict(workspaces))
        ),
    }


def _chips(request: DeskRequest, search: JobSearch, facts: ListFacts) -> Iterator[Chip]:
    for status, label, jobs in (
        (None, _("All"), ""),
        (searching.NEEDS_PERSON, GROUPS[searching.NEEDS_PERSON], capped(facts.needing_a_person)),
        (searching.OPEN, GROUPS[searching.OPEN], capped(facts.open)),
        (JobStatus.FAILED, JobStatus.FAILED.label, ""),
        (JobStatus.SUCCEEDED, JobStatus.SUCCEEDED.label, ""),
    ):
        url = address(request, status=status)
        yield Chip(url, str(label), search.status == (status or ""), jobs)


def address(request: DeskRequest, **changes: str | None) -> str:
    """The list at its first page, with these parameters changed; None takes one away."""
    kept = [
        (name, value)
        for name, values in request.GET.lists()
        if name not in PLACES and name not in changes
        for value in values
    ]
    query = urlencode(kept + [change for change in changes.items() if change[1] is not None])
    return f"{request.path}?{query}" if query else request.path


def _words(
    values: FilterTexts, people: dict[str, str], workspaces: dict[str, str]
) -> Iterator[tuple[str, Any, str]]:
    """The name, the label and the value in words of each filter that is set."""
    words = {"status": _STATUSES, "submitter": people, "workspace": workspaces}
    for name, value in values._asdict().items():
        if name == "weight_type":
            value = _WEIGHT_TYPES.get(value, "")
        if value:
            yield name, LABELS[name], str(words.get(name, {}).get(value, value))
