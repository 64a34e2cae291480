"""What stands above the events: the filters as one sets them, and as they are set."""

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from jobs.choices import EventOutcome, Verb
from jobs.middleware import DeskRequest
from jobs.services import history
from jobs.services.history_facts import HistoryFacts
from jobs.services.history_reach import Reach
from jobs.services.history_search import EventSearch
from jobs.services.reviews_exceptions import OVERRIDES, ROLES
from jobs.views.job_filters import Chip, Narrowing


class FilterTexts(NamedTuple):
    """A text for each filter, under the name that it has in the page's address."""

    q: str = ""
    person: str = ""
    token: str = ""
    verb: str = ""
    job: str = ""
    workspace: str = ""
    outcome: str = ""
    reviewed: str = ""
    act: str = ""
    since: str = ""
    until: str = ""


class FilterFaults(NamedTuple):
    """What is wrong with a filter, under its name."""

    verb: tuple[str, ...] = ()
    job: tuple[str, ...] = ()
    token: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    reviewed: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    until: tuple[str, ...] = ()


class Choice(NamedTuple):
    """What a filter offers."""

    value: str
    label: str
    chosen: bool


class Place(NamedTuple):
    """A workspace that can be chosen."""

    slug: str
    name: str


class FilterBar(NamedTuple):
    """The filters as they are set: `values` and `faults` are by the filters' names."""

    path: str
    values: FilterTexts
    faults: FilterFaults
    chips: tuple[Chip, ...]
    people: tuple[Choice, ...]
    tokens: tuple[Choice, ...]
    verbs: tuple[tuple[str, str], ...]
    verbs_chosen: tuple[str, ...]
    outcomes: tuple[Choice, ...]
    workspaces: tuple[Place, ...]
    reviewed: bool
    act: str
    more_open: bool


FILTERS = FilterTexts._fields
PLACES = ("before", "after")
AT_HAND = ("q", "reviewed")
# Often looked for: what it is called, and the parameters that find it.
CHIPS: tuple[tuple[Any, dict[str, list[str]]], ...] = (
    (gettext_lazy("All"), {}),
    (gettext_lazy("Not reviewed"), {"reviewed": ["no"]}),
    (gettext_lazy("Unknown outcomes"), {"outcome": [EventOutcome.UNKNOWN]}),
    (gettext_lazy("Overrides"), {"verb": list(OVERRIDES)}),
    (gettext_lazy("Roles"), {"verb": list(ROLES)}),
)
_CHIP_FILTERS = ("reviewed", "outcome", "verb")


def shown(
    request: DeskRequest,
    reach: Reach,
    search: EventSearch,
    problems: dict[str, list[str]],
    facts: HistoryFacts,
) -> dict[str, Any]:
    """What the templates need to show the filters."""
    path, parameters = request.path, request.GET
    values = FilterTexts(*(parameters.get(name, "") for name in FILTERS))
    words = _words(search, values, reach, facts) if any(values) else []
    return {
        "filter_bar": FilterBar(
            path=path,
            values=values,
            faults=FilterFaults(**{name: tuple(texts) for name, texts in problems.items()}),
            chips=tuple(_chip(path, parameters, str(label), wanted) for label, wanted in CHIPS),
            people=tuple(
                Choice(str(pk), label, search.person in (str(pk), username))
                for pk, username, label in facts.people
            ),
            tokens=tuple(
                Choice(str(pk), f"{name} ({label})", search.token == pk)
                for pk, name, label in facts.tokens
            ),
            verbs=_verbs(get_language()),
            verbs_chosen=search.verbs,
            outcomes=tuple(
                Choice(value, label, search.outcome == value)
                for value, label in _outcomes(get_language())
            ),
            workspaces=tuple(Place(each.slug, each.name) for each in reach.workspaces.values()),
            reviewed=bool(search.reviewed),
            act=search.act,
            more_open=bool(problems.keys() - {*AT_HAND}),
        ),
        "narrowings": [
            Narrowing(str(label), value, address(path, parameters, **{name: None}))
            for name, label, value in words
            if value
        ],
    }


def address(path: str, parameters: QueryDict, **changes: str | list[str] | None) -> str:
    """The history at its newest page, with these filters changed; None takes one away."""
    query = {
        name: values
        for name, values in parameters.lists()
        if name not in PLACES and name not in changes
    }
    for name, value in changes.items():
        query[name] = value if isinstance(value, list) else [value or ""]
    said = urlencode(
        {name: values for name, values in query.items() if values and values[-1]}, True
    )
    return f"{path}?{said}" if said else path


@lru_cache
def _verbs(language: str | None) -> tuple[tuple[str, str], ...]:
    # In `language`, which is what the thread speaks.
    return tuple((verb.value, history.in_general(verb)) for verb in Verb)


@lru_cache
def _outcomes(language: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((outcome.value, str(outcome.label)) for outcome in EventOutcome)


def _chip(path: str, parameters: QueryDict, label: str, wanted: dict[str, list[str]]) -> Chip:
    changes = {name: wanted.get(name) for name in _CHIP_FILTERS}
    current = all(
        sorted(parameters.getlist(name)) == sorted(wanted.get(name, [])) for name in _CHIP_FILTERS
    )
    return Chip(address(path, parameters, **changes), label, current)


def _words(
    search: EventSearch, values: FilterTexts, reach: Reach, facts: HistoryFacts
) -> list[tuple[str, Any, str]]:
    """Each filter's name, label, and value in words."""
    names = {str(pk): label for pk, _username, label in facts.people} | {
        username: label for _pk, username, label in facts.people
    }
    token_names = {pk: f"{name} ({label})" for pk, name, label in facts.tokens}
    workspaces = {workspace.slug: workspace.name for workspace in reach.workspaces.values()}
    return [
        ("q", _("Text"), search.q),
        ("person", _("Person"), names.get(search.person, search.person)),
        ("token", _("Token"), token_names.get(search.token or 0, str(search.token or ""))),
        ("verb", _("What"), " · ".join(map(history.in_general, search.verbs))),
        ("job", _("Job"), str(search.job or "")),
        ("workspace", _("Workspace"), workspaces.get(search.workspace, search.workspace)),
        (
            "outcome",
            _("Outcome"),
            str(EventOutcome(search.outcome).label) if search.outcome else "",
        ),
        ("reviewed", _("Reviewed"), _("not yet") if search.reviewed else ""),
        ("act", _("Request"), search.act),
        ("since", _("From day"), values.since),
        ("until", _("To day"), values.until),
    ]
