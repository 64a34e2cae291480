"""What an auditor looks at first, kind by kind, each with the way to all of it."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from jobs.choices import Verb
from jobs.middleware import DeskRequest
from jobs.services import history_search, reviews_exceptions
from jobs.services.history_reach import Reach
from jobs.services.history_search import EventSearch
from jobs.services.reviews_exceptions import MOST_COUNTED, Exceptions
from jobs.templatetags.clock import Clock
from jobs.views.audit_reach import for_auditors
from jobs.views.chrome import as_part_of_page

USUAL_DAYS = 30


@require_safe
@for_auditors
def audit_exceptions(request: DeskRequest, reach: Reach) -> HttpResponse:
    """The exceptions of a period: the last thirty days unless the address says otherwise."""
    period = period_of(request, reach)
    search = period["search"]
    kinds = reviews_exceptions.found(reach, search)
    context = period | {
        "kinds": [kind_of(kind, period["values"]) for kind in kinds],
        "failures": reviews_exceptions.repeated_failures(reach, search),
        "refusals": reviews_exceptions.repeated_refusals(reach, search),
        "refusals_url": address(
            EventSearch(verbs=(Verb.SIGN_IN_FAILED,)), period["values"] | {"workspace": ""}
        ),
    }
    return as_part_of_page(render(request, "audit/audit_exceptions.html", context))


def period_of(request: DeskRequest, reach: Reach) -> dict[str, Any]:
    """The times and the workspace that the address names, as a search and as fields of a form."""
    clock = Clock.of(request)
    values = {name: request.GET.get(name, "") for name in ("since", "until", "workspace")}
    if not values["since"] and not values["until"]:
        values["since"] = (clock.now - timedelta(days=USUAL_DAYS)).strftime("%Y-%m-%d")
    search, problems = history_search.read(values, [], clock.zone)
    return {
        "values": values,
        "problems": problems,
        "search": search,
        "made_at": timezone.now(),
        "workspaces": list(reach.workspaces.values()),
        "query": urlencode({name: value for name, value in values.items() if value}),
    }


def kind_of(kind: Exceptions, values: dict[str, str]) -> dict[str, Any]:
    """One kind as the pages show it, with the way to all of it in the same period."""
    return {
        "kind": kind,
        "count": f"{MOST_COUNTED}+" if kind.count >= MOST_COUNTED else str(kind.count),
        "url": address(kind.search, values),
    }


def address(search: EventSearch, values: dict[str, str]) -> str:
    """The history by this search, in the period that the form has."""
    query = search.query() | values
    return f"{reverse('audit-history')}?{urlencode({k: v for k, v in query.items() if v}, True)}"
