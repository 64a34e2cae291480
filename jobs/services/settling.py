"""Settling unanswered creates: what became of them is found out, never guessed, never repeated.

One walk through DashScope's list serves all unsettled attempts of a workspace. Exactly one free
match is adopted; several are put to a person, and so is what stays doubtful; none, in more than
one clean walk and beyond the settle period, means that the import was not created.
"""

import logging
import time
from collections import Counter
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs import actors
from jobs.actors import Actor
from jobs.choices import (
    UNSETTLED_ATTEMPT_STATES,
    AttemptState,
    ConfirmedBy,
    DutyKind,
    Origin,
    Verb,
)
from jobs.dashscope import DashScopeError, RemoteJob
from jobs.errors import InvalidFields, LeaseLost, WrongState
from jobs.models import Attempt, Duty, ImportJob, Walk, Workspace
from jobs.permissions import Ability, require_on_job
from jobs.services import (
    audit,
    content,
    duties,
    keys,
    leases,
    listing,
    matching,
    outcomes,
    settlement,
    upstream,
)
from jobs.services.listing import Coverage
from jobs.services.upstream import Upstream

log = logging.getLogger(__name__)

FIRST_INTERVAL_SECONDS = 2.0
LONGEST_INTERVAL_SECONDS = 30.0


def notice_dead_senders(worker: str) -> bool:
    """Call one attempt unknown whose worker died while SENDING; False if there was none.

    The attempt's own lease says so: nobody renews it, and its call ended well before it.
    """
    attempt = leases.claim(
        Attempt.objects.select_related("job__workspace")
        .open_in(AttemptState.SENDING)
        .order_by("id"),
        worker,
    )
    if attempt is None:
        return False
    try:
        with audit.act(actors.worker(worker)) as act:
            outcomes.become_unknown(act, attempt, reason="worker_died")
    except LeaseLost:
        log.warning("%s was noticed by another worker too", attempt)
    return True


def settle_next(worker: str) -> bool:
    """Walk the list for one due workspace with unsettled attempts; False if none was due."""
    waiting = Attempt.objects.open_in(AttemptState.UNKNOWN, AttemptState.CONFLICT)
    duty = duties.claim(
        DutyKind.SETTLE,
        worker,
        ImportJob.objects.filter(pk__in=waiting.values("job")),
    )
    if duty is None:
        return False
    started_at, started = timezone.now(), time.monotonic()
    calls = 0
    try:
        way = upstream.connect(duty.workspace)
    except (keys.KeyMissing, ValueError) as unusable:
        code = getattr(unusable, "code", "key_unusable")
        upstream.note_trouble(duty.workspace, code, str(unusable))
        _note_failed_walk(duty.workspace, started_at, code)
    else:
        with way.client:
            try:
                calls = _walk_and_decide(duty, way, worker, started_at)
            except DashScopeError as error:
                upstream.note_error(duty.workspace, way, error)
                _note_failed_walk(duty.workspace, started_at, error.code or error.reason)
                log.warning("looking for unanswered creates in %s: %s", duty.workspace.slug, error)
            except LeaseLost:
                return True  # another worker walks for this workspace now
    spent = time.monotonic() - started
    try:
        duties.finish(
            duty,
            again_in_seconds=max(_interval_seconds(duty.workspace), spent),
            calls=calls,
            duration_seconds=spent,
        )
    except LeaseLost:
        log.warning("the walk for %s outlived its lease", duty.workspace.slug)
    return True


def resolve(job: ImportJob, *, remote_job_id: str | None, reason: str, actor: Actor) -> None:
    """Let a person say which candidate the job is, or (None) that it is none of them.

    Raises NotPermitted, WrongState (the attempt is not, or no longer, in conflict) and
    InvalidFields (not a candidate, or owned by another record by now).
    """
    require_on_job(actor, Ability.RESOLVE_ANY, job)
    try:
        _resolve(job, remote_job_id, content.check_reason(reason), actor)
    except LeaseLost:
        raise WrongState(job.status) from None  # somebody else answered meanwhile


def _resolve(job: ImportJob, remote_job_id: str | None, reason: str, actor: Actor) -> None:
    attempt = job.attempts.filter(state=AttemptState.CONFLICT).first()
    if attempt is None:
        raise WrongState(job.status)
    attempt.job = job
    if remote_job_id is None:
        with audit.act(actor) as act:
            settlement.end_absent(attempt, reason="dismissed")
            data = {"attempt": attempt.number, "reason": reason}
            act.record(Verb.ATTEMPT_DISMISSED, job, data=data)
        return
    candidate = next((c for c in attempt.candidates if c["job_id"] == remote_job_id), None)
    if candidate is None:
        raise InvalidFields({"job_id": [_("This is not one of the candidates.")]})
    remote = settlement.row_of(candidate)
    try:
        with audit.act(actor) as act:
            settlement.confirm(attempt, remote, ConfirmedBy.PICKED)
            data = {
                "attempt": attempt.number,
                "remote_job_id": remote.job_id,
                "generated_model_name": remote.model_name,
                "status": remote.status,
                "reason": reason,
                "candidates": [c["job_id"] for c in attempt.candidates],
            }
            act.record(Verb.ATTEMPT_PICKED, job, data=data)
    except IntegrityError:
        message = _("Another job here owns this candidate by now; choose again.")
        raise InvalidFields({"job_id": [message]}) from None
    duties.hasten(job.workspace, DutyKind.FOLLOW)


def _walk_and_decide(duty: Duty, way: Upstream, worker: str, started_at: datetime) -> int:
    coverage = Coverage()
    for page in listing.pages(way):
        coverage.add(page)
        leases.renew(duty)
    if coverage.last_exchange:
        upstream.note_answer(duty.workspace, way, coverage.last_exchange)
    # Read after the walk: an attempt that was still SENDING when its row could first be seen
    # is among these, or is confirmed and owns the row.
    # Those of all workspaces: two of ours may be one of DashScope's, under two keys.
    unsettled = list(
        Attempt.objects.select_related("job__workspace").open_in(*UNSETTLED_ATTEMPT_STATES)
    )
    free = _free(coverage, duty.workspace, unsettled)
    wanted_by = Counter(row.job_id for rows in free.values() for row in rows)
    for attempt in unsettled:
        if attempt.job.workspace_id != duty.workspace_id:
            continue
        if attempt.state == AttemptState.SENDING or (attempt.sent_at or started_at) > started_at:
            continue  # its call runs, or began after this walk did
        rows = free[attempt.pk]
        try:
            _decide(attempt, rows, wanted_by, unsettled, coverage, started_at, way, worker)
        except LeaseLost:
            log.info("%s was settled by somebody else meanwhile", attempt)
        except IntegrityError:
            log.info("the match of %s was taken meanwhile; the next walk decides", attempt)
    return coverage.pages


def _free(
    coverage: Coverage, workspace: Workspace, unsettled: list[Attempt]
) -> dict[int, list[RemoteJob]]:
    """For each attempt the rows that could be its own and that no record owns."""
    exchange = coverage.last_exchange
    matches = {
        attempt.pk: [
            row for row in coverage.jobs.values() if matching.could_own(attempt, row, exchange)
        ]
        for attempt in unsettled
    }
    ids = {row.job_id for rows in matches.values() for row in rows}
    owners = ImportJob.objects.filter(remote_job_id__in=ids).filter(
        Q(workspace=workspace) | Q(origin=Origin.DESK)
    )
    owned = set(owners.values_list("remote_job_id", flat=True))
    return {pk: [row for row in rows if row.job_id not in owned] for pk, rows in matches.items()}


def _decide(
    attempt: Attempt,
    rows: list[RemoteJob],
    wanted_by: Counter[str],
    unsettled: list[Attempt],
    coverage: Coverage,
    started_at: datetime,
    way: Upstream,
    worker: str,
) -> None:
    finished_at = timezone.now()
    with audit.act(actors.worker(worker)) as act:
        Walk.objects.create(
            attempt=attempt,
            started_at=started_at,
            finished_at=finished_at,
            complete=coverage.clean,
            pages=coverage.pages,
            rows=len(coverage.jobs),
            matches=[row.job_id for row in rows],
            request_ids=coverage.request_ids[:1] + coverage.request_ids[1:][-1:],
        )
        if attempt.state == AttemptState.CONFLICT:
            if rows:
                settlement.update(attempt, candidates=[settlement.candidate(row) for row in rows])
            return
        if not coverage.clean:
            return
        shared = any(wanted_by[row.job_id] > 1 for row in rows)
        exchange = coverage.last_exchange
        certain = [row for row in rows if matching.is_certain(attempt, row, exchange)]
        period_is_over = attempt.settle_until is not None and started_at >= attempt.settle_until
        # Under another key, or at another host, the list may be that of other jobs altogether.
        same_list = (way.host, way.key_fingerprint) == (attempt.host, attempt.key_fingerprint)
        # A row from before the call speaks against absence, not against the one that fits.
        rivals = [row for row in rows if not matching.is_older(attempt, row, exchange)]
        if certain and len(rivals) == 1 and not shared:
            settlement.adopt(act, attempt, certain[0], coverage, started_at)
        elif certain or (period_is_over and (rows or not same_list)):
            if shared and any(other.state == AttemptState.SENDING for other in unsettled):
                return  # an answer that is under way may say whose row it is
            settlement.put_to_person(act, attempt, rows)
        elif not rows and same_list:
            settlement.note_clean_walk(act, attempt, started_at, finished_at, coverage)


def _note_failed_walk(workspace: Workspace, started_at: datetime, failure: str) -> None:
    unsettled = Attempt.objects.open_in(AttemptState.UNKNOWN).filter(job__workspace=workspace)
    for attempt in unsettled:
        with transaction.atomic(durable=True):
            Walk.objects.create(
                attempt=attempt,
                started_at=started_at,
                finished_at=timezone.now(),
                complete=False,
                pages=0,
                rows=0,
                failure=failure[:80],
            )
            settlement.note_failed_walk(attempt)


def _interval_seconds(workspace: Workspace) -> float:
    """Soon after the newest unanswered create, then less often, always within its period."""
    newest = (
        Attempt.objects.open_in(AttemptState.UNKNOWN)
        .filter(job__workspace=workspace)
        .order_by("-sent_at")
        .values_list("sent_at", flat=True)
        .first()
    )
    if newest is None:
        return LONGEST_INTERVAL_SECONDS
    quarter: float = settings.SETTLE_PERIOD_SECONDS / 4
    age = (timezone.now() - newest).total_seconds()
    longest = min(LONGEST_INTERVAL_SECONDS, quarter)
    return max(min(FIRST_INTERVAL_SECONDS, quarter), min(age / 4, longest))
