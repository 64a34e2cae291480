"""What stands above the rows of the list: the filters as one sets them, and as they are set."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.choices import JobStatus, WeightType
from jobs.middleware import DeskRequest
from jobs.models import User
from jobs.services import content, pages, searching
from jobs.services.searching import JobSearch
from jobs.views.chrome import chrome_of
from jobs.views.rows import MOST_COUNTED, capped

FILTERS = (
    "status",
    "q",
    "submitter",
    "workspace",
    "base_model",
    "weight_type",
    "since",
    "until",
    "ended_since",
)
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


@dataclass(frozen=True)
class Chip:
    """A filter that is one press away; `count` is shown unless it is None."""

    status: str
    label: str
    count: str | None = None


@dataclass(frozen=True)
class Narrowing:
    """One filter that is set, and the address of the list without it."""

    label: str
    value: str
    without: str


def bar(request: DeskRequest, search: JobSearch, problems: dict[str, list[str]]) -> dict[str, Any]:
    """What the bar of filters shows. Three queries."""
    workspaces = [membership.workspace for membership in chrome_of(request).memberships]
    people = list(
        User.objects.filter(memberships__workspace__in=workspaces)
        .distinct()
        .order_by("first_name", "username")
    )
    values = {name: request.GET.get(name, "") for name in FILTERS}
    words = _words(values, {p.username: p.label for p in people}, workspaces_named(workspaces))
    return {
        "values": values,
        "problems": problems,
        "narrowings": [
            Narrowing(str(label), value, address(request, **{name: None}))
            for name, label, value in words
            if value
        ],
        "more_open": bool(problems.keys() - {*AT_HAND}),
        "chips": [
            Chip("", _("All")),
            *(
                Chip(status, str(GROUPS[status]), _count(status, request))
                for status in (searching.NEEDS_PERSON, searching.OPEN)
            ),
            Chip(JobStatus.FAILED, str(JobStatus.FAILED.label)),
            Chip(JobStatus.SUCCEEDED, str(JobStatus.SUCCEEDED.label)),
        ],
        "statuses": [*GROUPS.items(), *JobStatus.choices],
        "weight_types": WeightType.choices,
        "orders": ORDERS.items(),
        "workspaces": workspaces,
        "people": people,
        "base_models": content.SUGGESTED_BASE_MODELS,
    }


def workspaces_named(workspaces: list[Any]) -> dict[str, str]:
    """Slug to name."""
    return {workspace.slug: workspace.name for workspace in workspaces}


def address(request: DeskRequest, **changes: str | None) -> str:
    """The list at its first page, with these parameters changed; None takes one away."""
    query = request.GET.copy()
    for name in PLACES:
        query.pop(name, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _words(
    values: dict[str, str], people: dict[str, str], workspaces: dict[str, str]
) -> list[tuple[str, Any, str]]:
    """Each filter's name, label, and value in words."""
    statuses = {**GROUPS, **dict(JobStatus.choices)}
    weights = dict(WeightType.choices)
    return [
        ("status", _("Status"), str(statuses.get(values["status"], values["status"]))),
        ("q", _("Text"), values["q"]),
        ("submitter", _("Person"), people.get(values["submitter"], values["submitter"])),
        ("workspace", _("Workspace"), workspaces.get(values["workspace"], values["workspace"])),
        ("base_model", _("Base model"), values["base_model"]),
        ("weight_type", _("Tuning type"), str(weights.get(values["weight_type"], ""))),
        ("since", _("From day"), values["since"]),
        ("until", _("To day"), values["until"]),
        ("ended_since", _("Ended since"), values["ended_since"]),
    ]


def _count(status: str, request: DeskRequest) -> str:
    found = JobSearch(status=status).jobs(request.user, chrome_of(request).memberships)
    return capped(found.order_by()[:MOST_COUNTED].count())
