"""What can be done with several jobs of the list at once: look now, export, delete."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from jobs.choices import Role
from jobs.errors import NotPermitted, WrongState
from jobs.forms.selection import DeletionsForm
from jobs.middleware import DeskRequest
from jobs.models import ImportJob, Workspace
from jobs.models.import_jobs import ImportJobQuerySet
from jobs.permissions import ABILITIES, Ability, may_act_on
from jobs.services import following, job_table, removal
from jobs.views.chrome import chrome_of, safe_next
from jobs.views.rows import status_word

# More than the list shows on a page, and few enough for one form and one answer.
MOST_JOBS = 100
NUMBERS = 2**63


@dataclass(frozen=True)
class Staying:
    """A selected job that is not deleted, and why."""

    job: ImportJob
    why: str


@require_POST
def selection(request: DeskRequest) -> HttpResponse | StreamingHttpResponse:
    """Do what the pressed button says with the selected jobs."""
    jobs = list(_picked(request, request.POST))
    back = safe_next(request, request.POST.get("next", ""))
    if not jobs:
        messages.info(request, _("Select the jobs first, with the boxes before them."))
        return redirect(back)
    match request.POST.get("act"):
        case "follow":
            return _follow(request, jobs, back)
        case "export":
            return _table(jobs)
        case "delete":
            query = urlencode([("job", job.pk) for job in jobs] + [("next", back)])
            return redirect(f"{reverse('jobs-delete')}?{query}")
    raise BadRequest


@require_http_methods(["GET", "HEAD", "POST"])
def jobs_delete(request: DeskRequest) -> HttpResponse:
    """Lists the models, asks once for all of them, then notes the wish to delete each."""
    asked = request.POST if request.method == "POST" else request.GET
    picked = _picked(request, asked)
    going, staying = _sorted_out(request, picked)
    back = safe_next(request, asked.get("next", ""))
    if not going and not staying:
        return redirect(back)
    form = DeletionsForm(len(going), request.POST if request.method == "POST" else None)
    if going and form.is_valid():
        return _delete(request, going, form.cleaned_data["reason"], back)
    context = {"going": going, "staying": staying, "form": form, "back": back}
    return render(request, "jobs/jobs_delete.html", context, status=200 if going else 409)


def may_act(request: DeskRequest) -> bool:
    """Whether the reader may do more with a selection than export it, in some workspace."""
    return any(Ability.SUBMIT in held for held in _held(request).values())


def _picked(request: DeskRequest, asked: QueryDict) -> ImportJobQuerySet:
    numbers = [
        text for text in asked.getlist("job")[:MOST_JOBS] if text.isascii() and len(text) < 20
    ]
    ids = [int(text) for text in numbers if text.isdecimal() and int(text) < NUMBERS]
    jobs = ImportJob.objects.visible_to(request.user).filter(pk__in=ids)
    return jobs.for_list()


def _follow(request: DeskRequest, jobs: list[ImportJob], back: str) -> HttpResponseRedirect:
    workspaces: dict[int, Workspace] = {
        job.workspace_id: job.workspace for job in jobs if job.is_open
    }
    if not workspaces:
        messages.info(request, _("None of these is open: there is nothing to look for."))
        return redirect(back)
    try:
        for workspace in workspaces.values():
            following.ask_now(workspace, actor=request.actor)
    except NotPermitted:
        raise PermissionDenied from None
    messages.success(request, _("DashScope is asked now; what has changed appears by itself."))
    return redirect(back)


def _table(jobs: list[ImportJob]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(job_table.lines(jobs), content_type="text/csv; charset=utf-8")
    name = f"import-jobs-{timezone.localtime():%Y%m%d-%H%M%S}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _sorted_out(
    request: DeskRequest, picked: ImportJobQuerySet
) -> tuple[list[ImportJob], list[Staying]]:
    """The jobs that would be deleted, and those that stay. Two queries."""
    deletable = set(removal.deletable(picked).values_list("pk", flat=True))
    held = _held(request)
    going, staying = [], []
    for job in picked:
        abilities = held.get(job.workspace_id, frozenset())
        if not may_act_on(request.user.pk, abilities, Ability.DELETE_ANY, job):
            staying.append(Staying(job, _("your role covers only what you submitted yourself")))
        elif job.pk not in deletable:
            staying.append(Staying(job, _why_not(job)))
        else:
            going.append(job)
    return going, staying


def _why_not(job: ImportJob) -> str:
    if job.deleted_at:
        return _("it was deleted there already")
    if job.gone_at:
        return _("it is no longer there")
    if job.is_open or not job.remote_job_id:
        return _("its status is %(status)s") % {"status": status_word(job)}
    return _("it is being deleted")


def _delete(
    request: DeskRequest, going: list[ImportJob], reason: str, back: str
) -> HttpResponseRedirect:
    asked = 0
    for job in going:
        try:
            removal.request(job, reason=reason, actor=request.actor)
        except WrongState:
            continue  # somebody else asked in this very moment
        asked += 1
    messages.success(
        request,
        ngettext(
            "DashScope will be asked to delete %(count)s model.",
            "DashScope will be asked to delete %(count)s models.",
            asked,
        )
        % {"count": asked},
    )
    return redirect(back)


def _held(request: DeskRequest) -> dict[Any, frozenset[Ability]]:
    """What the reader may do, by workspace."""
    return {
        membership.workspace_id: ABILITIES[Role(membership.role)]
        for membership in chrome_of(request).memberships
    }
