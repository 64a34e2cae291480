"""The pages that submit an import: the form, and the form of a job that is resubmitted."""

import logging
from typing import Any

from django.contrib import messages
from django.db import InternalError, OperationalError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from jobs.choices import RESUBMITTABLE_STATUSES, JobStatus
from jobs.errors import (
    DifferentSubmission,
    DuplicateImport,
    InvalidFields,
    NotPermitted,
    WrongState,
)
from jobs.forms import recall
from jobs.forms.import_form import ImportForm
from jobs.middleware import DeskRequest
from jobs.models import ImportJob, Workspace
from jobs.permissions import Ability, people_allowed, workspaces_allowing
from jobs.services import content, previews, submission
from jobs.services.explaining import explanation_of, raw_text
from jobs.services.previews import Preview
from jobs.templatetags.looks import LOOK_OF_STATUS
from jobs.views.chrome import wants_fragment

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def job_new(request: DeskRequest) -> HttpResponse:
    """The form for a new import. GET parameters fill it, so that links can be shared."""
    workspaces = list(workspaces_allowing(request.user, Ability.SUBMIT))
    if not workspaces:
        return _denied(request, list(Workspace.objects.filter(memberships__user=request.user)))
    if request.method == "POST":
        return _posted(request, ImportForm(request.POST, workspaces=workspaces))
    initial = {"weight_type": "lora", **recall.last_choices(request.user, workspaces)}
    for name in content.FIELDS:
        if name in request.GET:
            initial[name] = request.GET[name]
    # A link from another team names a workspace that this person cannot choose.
    if request.GET.get("workspace") in {workspace.slug for workspace in workspaces}:
        initial["workspace"] = request.GET["workspace"]
    return _page(request, ImportForm(workspaces=workspaces, initial=initial))


@require_http_methods(["GET", "HEAD", "POST"])
def job_resubmit(request: DeskRequest, job_id: int) -> HttpResponse:
    """The form filled from a job that came to nothing, with what went wrong on top."""
    job = get_object_or_404(
        ImportJob.objects.visible_to(request.user).select_related("workspace"), pk=job_id
    )
    workspaces = list(workspaces_allowing(request.user, Ability.SUBMIT).filter(pk=job.workspace_id))
    if not workspaces:
        return _denied(request, [job.workspace])
    if job.status not in RESUBMITTABLE_STATUSES:
        return _closed(request, job)
    if request.method == "POST":
        return _posted(request, ImportForm(request.POST, workspaces=workspaces, resubmits=job))
    initial = {name: getattr(job, name) for name in content.FIELDS}
    return _page(request, ImportForm(workspaces=workspaces, initial=initial, resubmits=job))


def _posted(request: DeskRequest, form: ImportForm) -> HttpResponse:
    if not form.is_valid() or form.used or "preview" in request.POST:
        return _page(request, form)
    workspace = form.cleaned_data["workspace"]
    try:
        made = submission.submit(
            workspace,
            form.content,
            actor=request.actor,
            submission_key=form.submission_key(request.user.pk),
            allow_duplicate=form.cleaned_data["allow_duplicate"],
            reason=form.cleaned_data["reason"],
            resubmission_of=form.resubmits,
        )
    except InvalidFields as refused:
        form.refuse(refused)
        return _page(request, form)
    except DuplicateImport as duplicate:
        return _page(request, form, earlier_id=duplicate.earlier_id)
    except DifferentSubmission as different:
        form.renew_token()
        return _page(request, form, used_for=ImportJob.objects.get(pk=different.earlier_id))
    except NotPermitted:
        return _denied(request, [workspace])
    except WrongState:
        return _closed(request, form.resubmits)
    except (OperationalError, InternalError):
        # Locked, full or read-only: what was typed must not be lost with it.
        log.exception("an import could not be recorded")
        return _page(request, form, status=503)
    if form.split:
        messages.info(request, form.split_text)
    return redirect("job-detail", made.job.pk)


def _page(
    request: DeskRequest,
    form: ImportForm,
    *,
    earlier_id: int | None = None,
    used_for: ImportJob | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "preview": _preview_of(form)}
    if "preview" in request.POST and wants_fragment(request):
        return render(request, "jobs/_job_form_preview.html", context)
    context |= {
        "job": form.resubmits,
        "explanation": form.resubmits and explanation_of(form.resubmits),
        "raw": form.resubmits and raw_text(form.resubmits),
        "look": form.resubmits and LOOK_OF_STATUS[JobStatus(form.resubmits.status)],
        "earlier": _earlier(form, earlier_id),
        "used_for": used_for,
        "unsaved": status == 503,
        "offers": recall.offers(form.workspaces.values()),
        "presets": []
        if form.is_bound or form.resubmits
        else recall.presets(request.user, list(form.workspaces.values())),
    }
    return render(request, "jobs/job_form.html", context, status=status)


def _preview_of(form: ImportForm) -> Preview | None:
    workspace = form.chosen_workspace
    if workspace is None:
        return None
    try:
        return previews.preview(workspace, form.content)
    except InvalidFields:
        return None


def _earlier(form: ImportForm, earlier_id: int | None) -> ImportJob | None:
    """The job that the guard names: of the refusal just met, or of what is about to be sent."""
    if earlier_id is not None:
        return ImportJob.objects.get(pk=earlier_id)
    if not form.is_bound or form.errors.keys() - {"reason"}:
        return None
    return submission.guarding(form.cleaned_data["workspace"], content.check(form.content))


def _denied(request: DeskRequest, workspaces: list[Workspace]) -> HttpResponse:
    """Say that the person may read and not submit here, and who may."""
    allowed = [(found, people_allowed(found, Ability.SUBMIT)) for found in workspaces]
    return render(request, "jobs/job_form_denied.html", {"allowed": allowed}, status=403)


def _closed(request: DeskRequest, job: ImportJob | None) -> HttpResponse:
    return render(request, "jobs/job_form_closed.html", {"job": job}, status=409)
