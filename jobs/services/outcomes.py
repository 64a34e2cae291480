"""What came of an attempt, written down together with its exchange and its events.

Every write-back names the lease under which the attempt was claimed.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from jobs import actors, dashscope
from jobs.choices import AttemptState, Call, ConfirmedBy, DutyKind, JobStatus, Verb
from jobs.dashscope import CreatedJob, DashScopeError, NotSent, Rejected
from jobs.models import Attempt, ImportJob
from jobs.services import audit, duties, exchanges, leases, observation, submission
from jobs.services.upstream import Upstream

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
# Set when an attempt ends well after an earlier one left its reason on the job.
NO_ERROR = {"error_call": "", "error_code": "", "error_message": ""}


def write(
    attempt: Attempt, worker: str, way: Upstream, outcome: CreatedJob | DashScopeError
) -> None:
    if isinstance(outcome, CreatedJob):
        try:
            _end_confirmed(attempt, worker, way, outcome)
        except IntegrityError:
            # DashScope named a job that another record owns: nobody may guess whose it is.
            _end_unknown(attempt, worker, way, outcome.exchange, "job_id_taken")
    elif isinstance(outcome, NotSent):
        end_not_sent(attempt, worker, way, outcome.reason, str(outcome), outcome)
    elif isinstance(outcome, Rejected):
        _end_rejected(attempt, worker, way, outcome)
    else:
        _end_unknown(attempt, worker, way, outcome.exchange, outcome.reason, outcome)


def keep_late_answer(
    attempt: Attempt, worker: str, way: Upstream, outcome: CreatedJob | DashScopeError
) -> None:
    """Another worker called this attempt unknown already: the answer is kept as evidence."""
    if attempt.exchanges.filter(call=Call.CREATE).exists():
        return  # the write that seemed to fail did reach the disk, with this answer
    error = outcome if isinstance(outcome, DashScopeError) else None
    with audit.act(actors.worker(worker)) as act:
        exchanges.keep(
            act, attempt.job, Call.CREATE, way, outcome.exchange, attempt=attempt, error=error
        )
        act.record(
            Verb.ATTEMPT_ANSWERED_LATE,
            attempt.job,
            data={"attempt": attempt.number, "request_id": outcome.exchange.request_id},
        )


def _end_confirmed(attempt: Attempt, worker: str, way: Upstream, answer: CreatedJob) -> None:
    request_id = answer.exchange.request_id[:200]
    with audit.act(actors.worker(worker)) as act:
        exchanges.keep(act, attempt.job, Call.CREATE, way, answer.exchange, attempt=attempt)
        leases.write_back(
            attempt,
            Q(state=AttemptState.SENDING),
            state=AttemptState.CONFIRMED,
            confirmed_by=ConfirmedBy.ANSWER,
            remote_job_id=answer.job.job_id,
            request_id=request_id,
            ended_at=timezone.now(),
            **leases.RELEASED,
        )
        changes = observation.fields_of_new(answer.job)
        changes.pop("weight_type", None)  # what was asked for stands
        change_job(
            attempt.job,
            **changes,
            **NO_ERROR,
            request_id=request_id,
            looked_at=answer.exchange.started_at,
        )
        act.record(
            Verb.ATTEMPT_CONFIRMED,
            attempt.job,
            data={
                "attempt": attempt.number,
                "remote_job_id": answer.job.job_id,
                "generated_model_name": answer.job.model_name,
                "status": answer.job.status,
                "request_id": request_id,
            },
        )


def _end_rejected(attempt: Attempt, worker: str, way: Upstream, error: Rejected) -> None:
    with audit.act(actors.worker(worker)) as act:
        exchanges.keep(
            act, attempt.job, Call.CREATE, way, error.exchange, attempt=attempt, error=error
        )
        _end(
            attempt,
            AttemptState.REJECTED,
            JobStatus.REJECTED,
            error.reason,
            error.code,
            error.message,
            request_id=error.exchange.request_id,
        )
        act.record(
            Verb.ATTEMPT_REJECTED,
            attempt.job,
            data={
                "attempt": attempt.number,
                "code": error.code,
                "message": error.message,
                "status_code": error.status_code,
                "request_id": error.exchange.request_id,
            },
        )


def _end_unknown(
    attempt: Attempt,
    worker: str,
    way: Upstream,
    exchange: dashscope.Exchange,
    reason: str,
    error: DashScopeError | None = None,
) -> None:
    with audit.act(actors.worker(worker)) as act:
        exchanges.keep(act, attempt.job, Call.CREATE, way, exchange, attempt=attempt, error=error)
        become_unknown(
            act,
            attempt,
            reason=reason,
            code=error.code if error else "",
            message=(error.message or str(error)) if error else "",
            request_id=exchange.request_id,
        )


def become_unknown(
    act: audit.Act,
    attempt: Attempt,
    *,
    reason: str,
    code: str = "",
    message: str = "",
    request_id: str = "",
) -> None:
    """From SENDING to UNKNOWN, inside the caller's act: it may exist, and is never sent again."""
    settle_until = timezone.now() + timedelta(seconds=settings.SETTLE_PERIOD_SECONDS)
    leases.write_back(
        attempt,
        Q(state=AttemptState.SENDING),
        state=AttemptState.UNKNOWN,
        reason=reason,
        code=code[:200],
        message=message,
        request_id=request_id[:200],
        settle_until=settle_until,
        **leases.RELEASED,
    )
    change_job(
        attempt.job,
        status=JobStatus.UNCONFIRMED,
        error_call=Call.CREATE,
        error_code=reason,  # that it is unknown matters more than what a 5xx calls itself
        error_message=f"{code}: {message}" if code else message,
        request_id=request_id[:200],
    )
    act.record(
        Verb.ATTEMPT_UNKNOWN,
        attempt.job,
        data={
            "attempt": attempt.number,
            "reason": reason,
            "code": code,
            "request_id": request_id,
            "settle_until": audit.utc_text(settle_until),
        },
    )
    # The settler rests long when it has nothing to look for.
    duties.hasten(attempt.job.workspace, DutyKind.SETTLE)


def end_not_sent(
    attempt: Attempt,
    worker: str,
    way: Upstream,
    reason: str,
    message: str,
    error: NotSent | None,
) -> None:
    """Nothing left. A new attempt follows until SEND_RETRY_SECONDS after the first one."""
    job = attempt.job
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempt.number - 1))
    # The window opens with the first attempt that could be made, not with the submission.
    first = job.attempts.order_by("number").values_list("sent_at", flat=True).first()
    again_at = timezone.now() + timedelta(seconds=pause)
    window = timedelta(seconds=settings.SEND_RETRY_SECONDS)
    goes_on = again_at <= (first or timezone.now()) + window
    with audit.act(actors.worker(worker)) as act:
        if error is not None:
            exchanges.keep(act, job, Call.CREATE, way, error.exchange, attempt=attempt, error=error)
        _end(
            attempt,
            AttemptState.NOT_SENT,
            JobStatus.QUEUED if goes_on else JobStatus.NOT_CREATED,
            reason,
            "",
            message,
        )
        if goes_on:
            submission.intend(
                job, number=attempt.number + 1, payload=attempt.payload, send_after=again_at
            )
        data = {"attempt": attempt.number, "reason": reason, "message": message}
        act.record(Verb.ATTEMPT_NOT_SENT, job, data=data)
        if not goes_on:
            change_job(job, error_code="gave_up")
            act.record(Verb.JOB_GAVE_UP, job, data={"reason": "gave_up", "last": reason})


def end_before_sending(attempt: Attempt, worker: str, reason: str, message: str) -> None:
    """The attempt ends before it could be sent at all, and no other follows by itself."""
    with audit.act(actors.worker(worker)) as act:
        _end(attempt, AttemptState.NOT_SENT, JobStatus.NOT_CREATED, reason, "", message)
        act.record(
            Verb.JOB_GAVE_UP,
            attempt.job,
            data={"attempt": attempt.number, "reason": reason, "message": message},
        )


def _end(
    attempt: Attempt,
    state: AttemptState,
    status: JobStatus,
    reason: str,
    code: str,
    message: str,
    request_id: str = "",
) -> None:
    leases.write_back(
        attempt,
        Q(state__in=[AttemptState.INTENDED, AttemptState.SENDING]),
        state=state,
        reason=reason,
        code=code[:200],
        message=message,
        request_id=request_id[:200],
        ended_at=timezone.now(),
        **leases.RELEASED,
    )
    ended = {} if status == JobStatus.QUEUED else {"guard_key": "", "finished_at": timezone.now()}
    change_job(
        attempt.job,
        status=status,
        error_call=Call.CREATE if code else "desk",
        error_code=(code or reason)[:200],
        error_message=message,
        request_id=request_id[:200],
        **ended,
    )


def change_job(job: ImportJob, **changes: Any) -> None:
    """Change the attempt's job; whoever holds the attempt's lease is its only writer."""
    ImportJob.objects.filter(pk=job.pk).update(updated_at=timezone.now(), **changes)
