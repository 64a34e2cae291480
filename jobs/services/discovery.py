"""Discovery: jobs made elsewhere with the same key are taken in, jobs gone from DashScope
are marked gone. The whole past comes with the first walk."""

import logging
import re
import time

from django.conf import settings
from django.utils import timezone

from jobs import actors
from jobs.choices import (
    DELETABLE_STATUSES,
    UNSETTLED_ATTEMPT_STATES,
    DutyKind,
    Origin,
    Verb,
)
from jobs.dashscope import DashScopeError, JobPage, RemoteJob
from jobs.errors import LeaseLost
from jobs.models import Attempt, Duty, ImportJob
from jobs.services import (
    audit,
    duties,
    following,
    keys,
    leases,
    listing,
    matching,
    observation,
    upstream,
)
from jobs.services.listing import Coverage
from jobs.services.upstream import Upstream

log = logging.getLogger(__name__)

# qwen3-32b-offline-20240101-abc1: the base model and what DashScope adds to it (vendor page:
# create-import-job-api). The form of the addition is seen, not promised.
GENERATED_NAME = re.compile(r"(?P<base>.+?)-(?:offline-)?\d{8,14}(?:-[0-9A-Za-z]+)?")
# Vanished jobs are asked for one by one; the rest of a long list has its turn next time.
SINGLE_GETS_A_WALK = 50


def discover_next(worker: str) -> bool:
    """Walk the list of one due workspace; False if none was due."""
    duty = duties.claim(DutyKind.DISCOVER, worker)
    if duty is None:
        return False
    started = time.monotonic()
    calls = 0
    try:
        way = upstream.connect(duty.workspace)
    except (keys.KeyMissing, ValueError) as unusable:
        code = getattr(unusable, "code", "key_unusable")
        upstream.note_trouble(duty.workspace, code, str(unusable))
    else:
        with way.client:
            try:
                calls = _discover(duty, way, worker)
            except DashScopeError as error:
                upstream.note_error(duty.workspace, way, error)
                log.warning("discovery in %s: %s", duty.workspace.slug, error)
            except LeaseLost:
                return True  # another worker walks this workspace now
    try:
        duties.finish(
            duty,
            again_in_seconds=settings.DISCOVER_INTERVAL_SECONDS,
            calls=calls,
            duration_seconds=time.monotonic() - started,
        )
    except LeaseLost:
        log.warning("the walk through %s outlived its lease", duty.workspace.slug)
    return True


def inferred_base_model(generated_name: str) -> str:
    """The base model that the generated name begins with: a guess, and shown as one."""
    match = GENERATED_NAME.fullmatch(generated_name)
    return match.group("base") if match else generated_name


def _discover(duty: Duty, way: Upstream, worker: str) -> int:
    coverage = Coverage()
    for page in listing.pages(way):
        coverage.add(page)
        _take_in(duty, page, worker)
        leases.renew(duty)
    if coverage.last_exchange:
        upstream.note_answer(duty.workspace, way, coverage.last_exchange)
    calls = coverage.pages
    if coverage.clean:
        calls += _look_for_vanished(duty, way, coverage, worker)
    return calls


def _take_in(duty: Duty, page: JobPage, worker: str) -> None:
    ids = [row.job_id for row in page.jobs]
    with audit.act(actors.worker(worker)) as act:
        # Read after the page: an attempt that could own one of its rows was SENDING, durably,
        # before the row could exist, and is unsettled still or owns the row by now.
        unsettled = list(
            Attempt.objects.select_related("job")
            .open_in(*UNSETTLED_ATTEMPT_STATES)
            .filter(job__workspace=duty.workspace)
        )
        # Read last: an attempt that was settled meanwhile owns its row by now.
        owned = {
            job.remote_job_id: job
            for job in ImportJob.objects.filter(workspace=duty.workspace, remote_job_id__in=ids)
        }
        for row in page.jobs:
            job = owned.get(row.job_id)
            if job is None:
                if not any(matching.could_own(a, row, page.exchange) for a in unsettled):
                    owned[row.job_id] = _record_foreign(act, duty, row, page)
            elif job.deleted_at is None and observation.says_something_new(job, row):
                observation.apply(act, job, row, page.exchange)


def _record_foreign(act: audit.Act, duty: Duty, row: RemoteJob, page: JobPage) -> ImportJob:
    now = timezone.now()
    fields = observation.fields_of_new(row)
    if fields["status"] in observation.ENDED:
        fields["finished_at"] = now
    job = ImportJob.objects.create(
        workspace=duty.workspace,
        origin=Origin.DISCOVERED,
        base_model=inferred_base_model(row.model_name)[:200],
        base_model_inferred=True,
        display_name=row.display_name[:200],
        bucket_name=row.bucket_name[:200],
        object_key=row.object_key[:1024],
        created_at=row.created_at or now,
        updated_at=now,
        looked_at=page.exchange.started_at,
        **fields,
    )
    act.record(
        Verb.JOB_DISCOVERED,
        job,
        data={
            "remote_job_id": row.job_id,
            "generated_model_name": row.model_name,
            "status": row.status,
            "gmt_create": row.gmt_create,
            "request_id": page.exchange.request_id,
        },
    )
    return job


def _look_for_vanished(duty: Duty, way: Upstream, coverage: Coverage, worker: str) -> int:
    """Ended jobs that the whole list no longer has; open ones are the follower's."""
    held = ImportJob.objects.filter(
        workspace=duty.workspace, status__in=DELETABLE_STATUSES, gone_at=None, deleted_at=None
    ).exclude(remote_job_id="")
    vanished = [
        pk
        for pk, remote_job_id in held.values_list("pk", "remote_job_id").iterator()
        if remote_job_id not in coverage.jobs
    ][:SINGLE_GETS_A_WALK]
    for job in ImportJob.objects.filter(pk__in=vanished):
        following.look_at(job, way, worker)
        leases.renew(duty)
    return len(vanished)
