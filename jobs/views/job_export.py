"""All jobs that the filters of the list leave, as a file."""

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from jobs.middleware import DeskRequest
from jobs.services import job_export, searching
from jobs.templatetags.clock import Clock
from jobs.views.chrome import chrome_of

CONTENT_TYPE = "text/csv; charset=utf-8"


@require_safe
def jobs_export(request: DeskRequest) -> HttpResponse | StreamingHttpResponse:
    """The jobs under the parameters of the list, oldest first."""
    search, problems = searching.read(request.GET, Clock.of(request).zone)
    if problems:
        # What would be exported is not what was asked for.
        return redirect(f"{reverse('job-list')}?{request.GET.urlencode()}")
    if request.method == "HEAD":
        return HttpResponse(content_type=CONTENT_TYPE)
    found = search.jobs(request.user, chrome_of(request).memberships)
    export = job_export.begin(search, found, actor=request.actor)
    response = StreamingHttpResponse(job_export.stream(export), content_type=CONTENT_TYPE)
    name = f"import-jobs-{timezone.localtime():%Y%m%d-%H%M%S}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
