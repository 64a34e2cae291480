"""What stands above the events: the filters as one sets them, and as they are set."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.choices import EventOutcome, Verb
from jobs.middleware import DeskRequest
from jobs.models import Token, User
from jobs.services import history
from jobs.services.history_reach import Reach
from jobs.services.history_search import EventSearch
from jobs.services.reviews_exceptions import OVERRIDES, ROLES
from jobs.views.job_filters import Narrowing

FILTERS = (
    "q",
    "person",
    "token",
    "verb",
    "job",
    "workspace",
    "outcome",
    "reviewed",
    "act",
    "since",
    "until",
)
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


def bar(
    request: DeskRequest, reach: Reach, search: EventSearch, problems: dict[str, list[str]]
) -> dict[str, Any]:
    """What the bar of filters shows. Two queries."""
    people = list(
        User.objects.filter(memberships__workspace__in=reach.workspaces)
        .distinct()
        .order_by("first_name", "username")
    )
    tokens = list(Token.objects.filter(user__in=people).select_related("user").order_by("name"))
    values = {name: request.GET.get(name, "") for name in FILTERS}
    words = _words(search, values, people, tokens, reach)
    return {
        "values": values,
        "search": search,
        "problems": problems,
        "narrowings": [
            Narrowing(str(label), value, address(request, **{name: None}))
            for name, label, value in words
            if value
        ],
        "more_open": bool(problems.keys() - {*AT_HAND}),
        "chips": [_chip(request, str(label), wanted) for label, wanted in CHIPS],
        "people": people,
        "tokens": tokens,
        "workspaces": list(reach.workspaces.values()),
        "verbs": tuple((verb.value, history.in_general(verb)) for verb in Verb),
        "verbs_chosen": tuple(search.verbs),
        "outcomes": EventOutcome.choices,
    }


def address(request: DeskRequest, **changes: str | list[str] | None) -> str:
    """The history at its newest page, with these filters changed; None takes one away."""
    query = request.GET.copy()
    for name in PLACES:
        query.pop(name, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query.setlist(name, value if isinstance(value, list) else [value])
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _chip(request: DeskRequest, label: str, wanted: dict[str, list[str]]) -> dict[str, Any]:
    changes = {name: wanted.get(name) for name in _CHIP_FILTERS}
    current = all(
        sorted(request.GET.getlist(name)) == sorted(wanted.get(name, [])) for name in _CHIP_FILTERS
    )
    return {"label": label, "url": address(request, **changes), "current": current}


def _words(
    search: EventSearch,
    values: dict[str, str],
    people: list[User],
    tokens: list[Token],
    reach: Reach,
) -> list[tuple[str, Any, str]]:
    """Each filter's name, label, and value in words."""
    names = {str(user.pk): user.label for user in people} | {
        user.username: user.label for user in people
    }
    token_names = {token.pk: f"{token.name} ({token.user.label})" for token in tokens}
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
        ("since", _("From day"), values["since"]),
        ("until", _("To day"), values["until"]),
    ]
