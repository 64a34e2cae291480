"""The page of one job: what became of it, what to do next, and every exchange behind it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jobs.choices import (
    OPEN_DELETION_STATES,
    RESUBMITTABLE_STATUSES,
    AttemptState,
    JobStatus,
    WeightType,
)
from jobs.middleware import DeskRequest
from jobs.models import Attempt, Exchange, ImportJob, User
from jobs.permissions import Ability, abilities, may_act_on
from jobs.services import history, removal, upstream
from jobs.services.explaining import explanation_of, raw_text
from jobs.services.lineage import lineage_of
from jobs.templatetags.clock import Clock, duration_text
from jobs.templatetags.looks import LOOK_OF_STATUS
from jobs.views.chrome import as_part_of_page, fragment, wants_fragment
from jobs.views.rows import over_text, status_word

# Beside those of its attempts, the page shows this many of a job's newest exchanges.
MOST_LOOKS = 20
YOUNG_SECONDS, OLD_SECONDS = 3, 15
YOUNG = timedelta(minutes=15)


@dataclass(frozen=True)
class NextStep:
    """The call that deploys an imported model. It is shown and never sent: it costs money."""

    url: str
    body: str

    @property
    def curl(self) -> str:
        """The call as one pastes it into a shell."""
        return (
            f"curl '{self.url}' \\\n"
            '  -H "Authorization: Bearer $DASHSCOPE_API_KEY" \\\n'
            "  -H 'Content-Type: application/json' \\\n"
            f"  -d {_shell_quoted(self.body)}"
        )


@require_safe
def job_detail(request: DeskRequest, job_id: int) -> HttpResponse:
    """One job, or for htmx its changing parts: 304 while they are as the reader has them."""
    job = get_object_or_404(
        ImportJob.objects.visible_to(request.user).select_related("workspace"), pk=job_id
    )
    clock = Clock.of(request)
    context = _shown(job, request.user, clock)
    context["version"] = _version(context, clock)
    if wants_fragment(request):
        return fragment(request, "jobs/job_detail.html#job", context, context["version"])
    return as_part_of_page(render(request, "jobs/job_detail.html", context))


@require_safe
def job_exchange(request: DeskRequest, job_id: int, exchange_id: int, part: str) -> HttpResponse:
    """A request's or a response's body as plain text, exactly as it was kept."""
    job = get_object_or_404(ImportJob.objects.visible_to(request.user), pk=job_id)
    exchange = get_object_or_404(Exchange, job=job, pk=exchange_id)
    body = exchange.request_body if part == "request" else exchange.response_body
    return as_part_of_page(HttpResponse(body, content_type="text/plain; charset=utf-8"))


def _shown(job: ImportJob, user: User, clock: Clock) -> dict[str, Any]:
    look = LOOK_OF_STATUS[JobStatus(job.status)]
    held = abilities(user.pk, job.workspace)
    attempts = list(_attempts(job))
    looks = list(job.exchanges.filter(attempt=None).order_by("-started_at", "-pk")[:MOST_LOOKS])
    deletions = list(job.deletions.all())
    deleting = any(deletion.state in OPEN_DELETION_STATES for deletion in deletions)
    return {
        "job": job,
        "look": look,
        "favicon": static("img/mark.svg" if look.tone == "idle" else f"img/mark-{look.tone}.svg"),
        "word": status_word(job),
        "over": over_text(job),
        "lasted": _lasted(job, clock),
        "explanation": explanation_of(job),
        "raw": raw_text(job),
        "attempts": attempts,
        "conflict": next((a for a in attempts if a.state == AttemptState.CONFLICT), None),
        "exchanges": looks,
        "more_exchanges": len(looks) == MOST_LOOKS,
        "deletions": deletions,
        "deleting": deleting,
        "entries": history.of_job(job),
        "lineage": lineage_of(job, user),
        "next_step": _next_step(job),
        "may_audit": Ability.AUDIT in held,
        "may_resubmit": Ability.SUBMIT in held and job.status in RESUBMITTABLE_STATUSES,
        "may_resolve": may_act_on(user.pk, held, Ability.RESOLVE_ANY, job),
        "may_delete": may_act_on(user.pk, held, Ability.DELETE_ANY, job)
        and removal.is_deletable(job),
        "refresh_seconds": _refresh_seconds(job, deleting),
    }


def _attempts(job: ImportJob) -> QuerySet[Attempt]:
    in_order = Exchange.objects.order_by("started_at", "pk")
    return job.attempts.order_by("number").prefetch_related(
        Prefetch("exchanges", queryset=in_order), "walks"
    )


def _lasted(job: ImportJob, clock: Clock) -> str:
    """How long the job took, or how long it has been open."""
    if job.finished_at and not job.is_open:
        took = duration_text(job.finished_at - job.created_at)
        return _("after %(duration)s") % {"duration": took}
    return _("open since %(time)s") % {"time": clock.to_the_second(job.created_at)}


def _next_step(job: ImportJob) -> NextStep | None:
    """The deployment of what was imported (vendor page: model-deployment)."""
    if job.status != JobStatus.SUCCEEDED or job.deleted_at or job.gone_at:
        return None
    plan = "mu" if job.weight_type == WeightType.FULL else "lora"
    body = {"model_name": job.generated_model_name, "plan": plan, "capacity": 1}
    return NextStep(
        f"{upstream.base_url(job.workspace)}/api/v1/deployments",
        json.dumps(body, ensure_ascii=False),
    )


def _shell_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _refresh_seconds(job: ImportJob, deleting: bool) -> int:
    """0 where nothing changes any more by itself."""
    if not job.is_open and not deleting:
        return 0
    return YOUNG_SECONDS if timezone.now() - job.updated_at < YOUNG else OLD_SECONDS


def _version(context: dict[str, Any], clock: Clock) -> str:
    """A text that changes whenever the page's changing parts look different."""
    parts = [
        _fields_of(context["job"]),
        [(a.state, len(a.walks.all()), len(a.exchanges.all())) for a in context["attempts"]],
        [exchange.pk for exchange in context["exchanges"]],
        [(deletion.state, deletion.tries) for deletion in context["deletions"]],
        [(entry.seq, entry.actor, entry.address) for entry in context["entries"]],
        [(member.pk, member.status) for member in context["lineage"]],
        [context[name] for name in ("may_audit", "may_resubmit", "may_resolve", "may_delete")],
        context["refresh_seconds"],
        clock.now.date(),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def _fields_of(job: ImportJob) -> dict[str, Any]:
    """The job's stored fields."""
    return {field.attname: getattr(job, field.attname) for field in job._meta.concrete_fields}
