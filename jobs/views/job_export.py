"""All jobs that the filters of the list leave, as a file."""

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from jobs.middleware import DeskRequest
from jobs.services import job_export, searching
from jobs.services.job_export_forms import FORMS
from jobs.templatetags.clock import Clock
from jobs.views.chrome import chrome_of


@require_safe
def jobs_export(request: DeskRequest, form: str) -> HttpResponse | StreamingHttpResponse:
    """The jobs under the parameters of the list, oldest first."""
    if form not in FORMS:
        raise Http404
    search, problems = searching.read(request.GET, Clock.of(request).zone)
    if problems:
        # What would be exported is not what was asked for.
        return redirect(f"{reverse('job-list')}?{request.GET.urlencode()}")
    content_type = FORMS[form].content_type
    if request.method == "HEAD":
        return HttpResponse(content_type=content_type)
    found = search.jobs(request.user, chrome_of(request).memberships)
    export = job_export.begin(search, found, form=form, actor=request.actor)
    lines = job_export.stream(export, FORMS[form])
    response = StreamingHttpResponse(lines, content_type=content_type)
    name = f"import-jobs-{timezone.localtime():%Y%m%d-%H%M%S}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
