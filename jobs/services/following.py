"""Following open jobs to their end, by the list: a hundred jobs a call, not one."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from jobs import actors
from jobs.actors import Actor
from jobs.choices import Call, DutyKind, JobStatus, Verb
from jobs.dashscope import DashScopeError, JobPage, Rejected
from jobs.errors import LeaseLost
from jobs.models import Duty, ImportJob, Workspace
from jobs.permissions import Ability, require
from jobs.services import (
    audit,
    duties,
    exchanges,
    keys,
    leases,
    listing,
    observation,
    upstream,
)
from jobs.services.upstream import Upstream

log = logging.getLogger(__name__)

YOUNG_SECONDS = 600.0
LONGEST_INTERVAL_SECONDS = 300.0
LONGEST_PAUSE = timedelta(seconds=LONGEST_INTERVAL_SECONDS)
# How many jobs that dropped off the pages are asked for one by one in a sweep; when more ended
# together, the lists of ended jobs find them a hundred at a time.
SINGLE_GETS_A_SWEEP = 20


def follow_next(worker: str) -> bool:
    """Sweep one due workspace that has open jobs; False if none was due."""
    duty = duties.claim(DutyKind.FOLLOW, worker, ImportJob.objects.followed())
    if duty is None:
        return False
    started = time.monotonic()
    workspace = duty.workspace
    calls = 0
    try:
        way = upstream.connect(workspace)
    except (keys.KeyMissing, ValueError) as unusable:
        upstream.note_trouble(workspace, getattr(unusable, "code", "key_unusable"), str(unusable))
    else:
        with way.client:
            try:
                calls = _sweep(duty, way, worker)
            except DashScopeError as error:
                upstream.note_error(workspace, way, error)
                log.warning("sweep of %s: %s", workspace.slug, error)
            except LeaseLost:
                return True  # another worker sweeps this workspace now
    spent = time.monotonic() - started
    again = max(interval_seconds(workspace), spent)
    try:
        duties.finish(duty, again_in_seconds=again, calls=calls, duration_seconds=spent)
    except LeaseLost:
        log.warning("the sweep of %s outlived its lease", workspace.slug)
    return True


def ask_now(workspace: Workspace, *, actor: Actor) -> None:
    """Make the workspace's next sweep due at once, because somebody asked. Raises NotPermitted.

    A workspace that is left alone for a while, because DashScope asked for that or does not
    answer, is still left alone.
    """
    require(actor, Ability.SUBMIT, workspace)
    with audit.act(actor) as act:
        duties.hasten(workspace, DutyKind.FOLLOW)
        # Their pauses begin anew.
        others = ImportJob.objects.followed().filter(workspace=workspace, status=JobStatus.OTHER)
        others.update(updated_at=timezone.now())
        act.record(Verb.SWEEP_ASKED, workspace)


def interval_seconds(workspace: Workspace) -> float:
    """How long until the next sweep: short while a job is young, longer as the youngest ages."""
    youngest = (
        ImportJob.objects.followed()
        .filter(workspace=workspace)
        .order_by("-created_at")
        .values_list("created_at", flat=True)
        .first()
    )
    base: float = settings.FOLLOW_INTERVAL_SECONDS
    if youngest is None:
        return base
    age = (timezone.now() - youngest) / timedelta(seconds=1)
    return min(base * max(1.0, age / YOUNG_SECONDS), max(base, LONGEST_INTERVAL_SECONDS))


def _sweep(duty: Duty, way: Upstream, worker: str) -> int:
    open_jobs = {
        job.remote_job_id: job
        for job in ImportJob.objects.followed()
        .filter(workspace=duty.workspace)
        .exclude(remote_job_id="")
    }
    missing = dict(open_jobs)
    calls = 0
    # A job that waited may run by now; the other way round does not happen. A status word that
    # we don't know is no filter to ask with: those jobs are asked for one by one below.
    waiting = any(job.status == JobStatus.PENDING for job in open_jobs.values())
    for word in ("PENDING", "RUNNING") if waiting else ("RUNNING",):
        for page in listing.pages(way, status=word):
            calls += 1
            _take_in(page, open_jobs, missing, worker)
            leases.renew(duty)
    upstream.note_answer(duty.workspace, way, page.exchange)
    if len(missing) > SINGLE_GETS_A_SWEEP:
        calls += _find_among_ended(duty, way, open_jobs, missing, worker)
    oldest_look_first = sorted(
        filter(_is_due, missing.values()), key=lambda job: job.looked_at or job.created_at
    )
    for job in oldest_look_first[:SINGLE_GETS_A_SWEEP]:
        calls += 1
        look_at(job, way, worker)
        leases.renew(duty)
    return calls


def _is_due(job: ImportJob) -> bool:
    """Whether a job that is not on the pages is asked for. For one that should be there, that
    is news. One with a word we don't know never is: it is left alone as long as it has been
    quiet, because each look is kept in the history."""
    if job.status != JobStatus.OTHER or job.looked_at is None:
        return True
    quiet = job.looked_at - job.updated_at
    return timezone.now() - job.looked_at >= min(quiet, LONGEST_PAUSE)


def _find_among_ended(
    duty: Duty,
    way: Upstream,
    open_jobs: dict[str, ImportJob],
    missing: dict[str, ImportJob],
    worker: str,
) -> int:
    calls, affordable = 0, len(missing) // 2
    for word in ("SUCCESSED", "FAILED"):
        for page in listing.pages(way, status=word):
            calls += 1
            _take_in(page, open_jobs, missing, worker)
            leases.renew(duty)
            if not missing or calls >= affordable:
                return calls
    return calls


def _take_in(
    page: JobPage, open_jobs: dict[str, ImportJob], missing: dict[str, ImportJob], worker: str
) -> None:
    seen = [(open_jobs[r.job_id], r) for r in page.jobs if r.job_id in open_jobs]
    for job, _remote in seen:
        missing.pop(job.remote_job_id, None)
    news = [(job, r) for job, r in seen if observation.says_something_new(job, r)]
    if news:
        with audit.act(actors.worker(worker)) as act:
            for job, remote in news:
                observation.apply(act, job, remote, page.exchange)


def look_at(job: ImportJob, way: Upstream, worker: str) -> None:
    """Ask for one job alone and take the answer in. A job that DashScope does not know is
    marked gone and stays. Raises DashScopeError when there is no clear answer."""
    try:
        answer = way.client.get(job.remote_job_id)
    except Rejected as error:
        if error.code != "NotFound":
            raise
        with audit.act(actors.worker(worker)) as act:
            exchanges.keep(act, job, Call.GET, way, error.exchange, error=error)
            observation.mark_gone(act, job, error.exchange)
        return
    with audit.act(actors.worker(worker)) as act:
        exchanges.keep(act, job, Call.GET, way, answer.exchange)
        if not observation.apply(act, job, answer.job, answer.exchange):
            observation.note_look(job, answer.exchange)
