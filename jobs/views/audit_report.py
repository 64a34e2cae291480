"""The report on a period, on one page that prints."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.middleware import DeskRequest
from jobs.services import reviews_report
from jobs.services.history_reach import Reach
from jobs.views.audit_exceptions import kind_of, period_of
from jobs.views.audit_reach import for_auditors
from jobs.views.chrome import as_part_of_page

MOST_VERBS = 12


@require_safe
@for_auditors
def audit_report(request: DeskRequest, reach: Reach) -> HttpResponse:
    """What happened in a period, what stood out, and what proves it."""
    period = period_of(request, reach)
    report = reviews_report.of(reach, period["search"])
    context = period | {
        "report": report,
        "verbs": report.verbs[:MOST_VERBS],
        "kinds": [kind_of(kind, period["values"]) for kind in report.exceptions],
        "chosen": [
            workspace.name
            for workspace in reach.workspaces.values()
            if period["search"].workspace in ("", workspace.slug)
        ],
    }
    return as_part_of_page(render(request, "audit/audit_report.html", context))
