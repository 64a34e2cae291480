"""The pages of acts on one job: deleting it at DashScope, and settling a conflict by hand."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jobs.choices import AttemptState
from jobs.errors import InvalidFields, NotPermitted, WrongState
from jobs.forms.acts import DeletionForm, ResolutionForm
from jobs.middleware import DeskRequest
from jobs.models import ImportJob
from jobs.permissions import Ability, people_allowed, require_on_job
from jobs.services import removal, settling


@require_http_methods(["GET", "HEAD", "POST"])
def job_delete(request: DeskRequest, job_id: int) -> HttpResponse:
    """Asks for the model's name, then notes the wish to delete it at DashScope."""
    job = _visible_job(request, job_id)
    try:
        require_on_job(request.actor, Ability.DELETE_ANY, job)
        return _deletion(request, job)
    except NotPermitted:
        return _denied(request, Ability.DELETE_ANY, job)
    except WrongState:
        # Open still, or deleted, gone or being deleted, perhaps since the page was made.
        return render(request, "jobs/job_delete_closed.html", {"job": job}, status=409)


@require_http_methods(["GET", "HEAD", "POST"])
def job_resolve(request: DeskRequest, job_id: int) -> HttpResponse:
    """Asks which of several jobs at DashScope an unanswered submission made."""
    job = _visible_job(request, job_id)
    try:
        require_on_job(request.actor, Ability.RESOLVE_ANY, job)
        return _resolution(request, job)
    except NotPermitted:
        return _denied(request, Ability.RESOLVE_ANY, job)
    except WrongState:
        messages.info(request, _("There is nothing to settle here, or no longer."))
        return redirect("job-detail", job.pk)


def _deletion(request: DeskRequest, job: ImportJob) -> HttpResponse:
    if not removal.is_deletable(job):
        raise WrongState(job.status)
    form = DeletionForm(job, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "jobs/job_delete.html", {"job": job, "form": form})
    removal.request(job, reason=form.cleaned_data["reason"], actor=request.actor)
    messages.success(request, _("DashScope will be asked to delete this model."))
    return redirect("job-detail", job.pk)


def _resolution(request: DeskRequest, job: ImportJob) -> HttpResponse:
    attempt = job.attempts.filter(state=AttemptState.CONFLICT).first()
    if attempt is None:
        raise WrongState(job.status)
    form = ResolutionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            settling.resolve(
                job,
                remote_job_id=form.remote_job_id,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
            )
        except InvalidFields as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Your answer is kept in the history."))
            return redirect("job-detail", job.pk)
    context = {"job": job, "attempt": attempt, "form": form, "may_resolve": True}
    return render(request, "jobs/job_resolve.html", context)


def _visible_job(request: DeskRequest, job_id: int) -> ImportJob:
    jobs = ImportJob.objects.visible_to(request.user).select_related("workspace")
    return get_object_or_404(jobs, pk=job_id)


def _denied(request: DeskRequest, any_ability: Ability, job: ImportJob) -> HttpResponse:
    """Say who may: whoever submitted the job, and those whose role covers every job."""
    people = people_allowed(job.workspace, any_ability)
    return render(request, "jobs/job_act_denied.html", {"job": job, "people": people}, status=403)
