"""Deleting imported models at DashScope. Our records stay; the intent precedes the call.

Unlike a create, a deletion may be repeated: the second one finds nothing. So an unanswered
one is looked at, and sent again only if the job is still there
(vendor page: delete-import-job-api).
"""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from jobs import actors
from jobs.actors import Actor
from jobs.choices import DELETABLE_STATUSES, OPEN_DELETION_STATES, Call, DeletionState, Verb
from jobs.dashscope import DashScopeError, NotSent, Rejected, RemoteJobAnswer
from jobs.errors import LeaseLost, WrongState
from jobs.models import Deletion, ImportJob
from jobs.models.import_jobs import ImportJobQuerySet
from jobs.permissions import Ability, require_on_job
from jobs.services import audit, content, exchanges, keys, leases, observation, upstream
from jobs.services.upstream import Upstream

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 60.0


def request(job: ImportJob, *, reason: str, actor: Actor) -> Deletion:
    """Write the intent to delete the imported model, durably; the worker asks DashScope.

    Raises NotPermitted, InvalidFields (the reason cannot be kept), and WrongState unless the
    job succeeded or failed and is there still with no deletion under way.
    """
    require_on_job(actor, Ability.DELETE_ANY, job)
    reason = content.check_reason(reason)
    if not is_deletable(job):
        raise WrongState(job.status)
    now = timezone.now()
    try:
        with audit.act(actor) as act:
            deletion = Deletion.objects.create(
                job=job,
                reason_given=reason,
                requested_by_id=actor.user_id,
                requested_by_label=actor.label,
                created_at=now,
                due_at=now,
            )
            act.record(
                Verb.DELETION_REQUESTED,
                job,
                data={"deletion": deletion.pk, "reason": deletion.reason_given},
            )
    except IntegrityError:
        raise WrongState("a deletion is under way") from None
    return deletion


def deletable(jobs: ImportJobQuerySet) -> ImportJobQuerySet:
    """Those of the jobs that DashScope would delete, as far as we know."""
    under_way = Deletion.objects.filter(job=OuterRef("pk"), state__in=OPEN_DELETION_STATES)
    return jobs.filter(
        ~Exists(under_way), status__in=DELETABLE_STATUSES, deleted_at=None, gone_at=None
    ).exclude(remote_job_id="")


def is_deletable(job: ImportJob) -> bool:
    """Whether DashScope would delete the job, as far as we know. Costs a query."""
    return (
        job.status in DELETABLE_STATUSES
        and bool(job.remote_job_id)
        and not job.deleted_at
        and not job.gone_at
        and not job.deletions.filter(state__in=OPEN_DELETION_STATES).exists()
    )


def remove_next(worker: str) -> bool:
    """Take one due deletion a step further; False if none was due."""
    deletion = leases.claim(
        Deletion.objects.select_related("job__workspace")
        .filter(state__among=OPEN_DELETION_STATES, due_at__lte=timezone.now())
        .order_by("due_at", "id"),
        worker,
    )
    if deletion is None:
        return False
    try:
        way = upstream.connect(deletion.job.workspace)
    except (keys.KeyMissing, ValueError) as unusable:
        code = getattr(unusable, "code", "key_unusable")
        _refuse(deletion, worker, code, str(unusable))
        return True
    with way.client:
        try:
            if deletion.state == DeletionState.INTENDED:
                _ask(deletion, way, worker)
            else:
                # SENDING with a lease that ran out: the worker died. Either way, look first.
                _look(deletion, way, worker)
        except LeaseLost:
            log.warning("%s was taken over by another worker", deletion)
    return True


def _ask(deletion: Deletion, way: Upstream, worker: str) -> None:
    deletion.tries += 1
    with audit.act(actors.worker(worker)) as act:
        leases.write_back(
            deletion,
            Q(state=DeletionState.INTENDED),
            state=DeletionState.SENDING,
            tries=deletion.tries,
        )
        act.record(Verb.DELETION_SENDING, deletion.job, data={"try": deletion.tries})
    job = deletion.job
    try:
        answer = way.client.delete(job.remote_job_id)
    except Rejected as error:
        if error.code == "NotFound":
            _done(deletion, way, worker, Call.DELETE, error)  # somebody was quicker
        else:
            _refuse(deletion, worker, error.code, error.message, way, error)
            _refresh(job, way, worker)
    except NotSent as error:
        _try_again(deletion, way, worker, Call.DELETE, error, DeletionState.INTENDED)
    except DashScopeError as error:
        _try_again(deletion, way, worker, Call.DELETE, error, DeletionState.UNKNOWN)
    else:
        _done(deletion, way, worker, Call.DELETE, answer)


def _look(deletion: Deletion, way: Upstream, worker: str) -> None:
    try:
        answer = way.client.get(deletion.job.remote_job_id)
    except Rejected as error:
        if error.code == "NotFound":
            _done(deletion, way, worker, Call.GET, error)
        else:
            _try_again(deletion, way, worker, Call.GET, error, DeletionState.UNKNOWN)
    except DashScopeError as error:
        _try_again(deletion, way, worker, Call.GET, error, DeletionState.UNKNOWN)
    else:
        with audit.act(actors.worker(worker)) as act:
            exchanges.keep(act, deletion.job, Call.GET, way, answer.exchange)
            leases.write_back(
                deletion,
                state=DeletionState.INTENDED,
                due_at=timezone.now() + _pause(deletion),
                **leases.RELEASED,
            )


def _done(
    deletion: Deletion,
    way: Upstream,
    worker: str,
    call: Call,
    outcome: RemoteJobAnswer | DashScopeError,
) -> None:
    error = outcome if isinstance(outcome, DashScopeError) else None
    now = timezone.now()
    with audit.act(actors.worker(worker)) as act:
        exchanges.keep(act, deletion.job, call, way, outcome.exchange, error=error)
        _end(deletion, DeletionState.DONE, code=error.code if error else "")
        # The answer to a delete still says SUCCESSED or FAILED; it is no news of a live job.
        ImportJob.objects.filter(pk=deletion.job_id).update(
            deleted_at=now,
            deleted_by_label=deletion.requested_by_label,
            deletion_reason=deletion.reason_given,
            guard_key="",
            updated_at=now,
        )
        act.record(
            Verb.DELETION_DONE,
            deletion.job,
            data={
                "deletion": deletion.pk,
                "found_gone": error is not None,
                "request_id": outcome.exchange.request_id,
            },
        )


def _refuse(
    deletion: Deletion,
    worker: str,
    code: str,
    message: str,
    way: Upstream | None = None,
    error: DashScopeError | None = None,
) -> None:
    with audit.act(actors.worker(worker)) as act:
        if way and error:
            exchanges.keep(act, deletion.job, Call.DELETE, way, error.exchange, error=error)
        _end(deletion, DeletionState.REFUSED, code=code, message=message)
        ImportJob.objects.filter(pk=deletion.job_id).update(updated_at=timezone.now())
        data = {
            "deletion": deletion.pk,
            "code": code,
            "message": message,
            "request_id": error.exchange.request_id if error else "",
        }
        act.record(Verb.DELETION_REFUSED, deletion.job, data=data)


def _try_again(
    deletion: Deletion,
    way: Upstream,
    worker: str,
    call: Call,
    error: DashScopeError,
    state: DeletionState,
) -> None:
    window = timedelta(seconds=settings.SEND_RETRY_SECONDS)
    if state == DeletionState.INTENDED and timezone.now() > deletion.created_at + window:
        _refuse(deletion, worker, "gave_up", str(error), way, error)
        return
    with audit.act(actors.worker(worker)) as act:
        exchanges.keep(act, deletion.job, call, way, error.exchange, error=error)
        became_unknown = call == Call.DELETE and state == DeletionState.UNKNOWN
        leases.write_back(
            deletion,
            state=state,
            code=(error.code or error.reason)[:200],
            message=error.message or str(error),
            due_at=timezone.now() + _pause(deletion),
            **leases.RELEASED,
        )
        if became_unknown:
            data = {"deletion": deletion.pk, "reason": error.reason}
            act.record(Verb.DELETION_UNKNOWN, deletion.job, data=data)


def _refresh(job: ImportJob, way: Upstream, worker: str) -> None:
    """A refusal means that the job is not as we believed; see what it is."""
    try:
        answer = way.client.get(job.remote_job_id)
    except DashScopeError as error:
        log.info("job %s could not be looked at: %s", job.pk, error)
        return
    with audit.act(actors.worker(worker)) as act:
        exchanges.keep(act, job, Call.GET, way, answer.exchange)
        observation.apply(act, job, answer.job, answer.exchange)


def _end(deletion: Deletion, state: DeletionState, **changes: Any) -> None:
    changes["code"] = changes.get("code", "")[:200]
    leases.write_back(deletion, state=state, ended_at=timezone.now(), **changes, **leases.RELEASED)


def _pause(deletion: Deletion) -> timedelta:
    return timedelta(seconds=min(LONGEST_PAUSE_SECONDS, 2.0**deletion.tries))
