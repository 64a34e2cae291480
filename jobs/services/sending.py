"""Sending intended attempts: each payload leaves at most once, whatever happens to it.

docs/submission.md draws the states. Between the durable SENDING and the durable outcome lies
one call with no transaction open; a worker that dies in between leaves SENDING behind, which
settling turns into an unknown outcome and never into a second call.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.db.models import Q
from django.utils import timezone

from jobs import actors
from jobs.choices import AttemptState, JobStatus, Verb
from jobs.dashscope import CreatedJob, DashScopeError, Rejected
from jobs.errors import LeaseLost
from jobs.models import Attempt
from jobs.services import audit, keys, leases, outcomes, upstream
from jobs.services.upstream import Upstream

log = logging.getLogger(__name__)


def send_next(worker: str) -> bool:
    """Send one due attempt and write down what came of it; False if none was due."""
    claimed_at = time.monotonic()
    attempt = leases.claim(
        Attempt.objects.select_related("job__workspace")
        .filter(state=AttemptState.INTENDED, send_after__lte=timezone.now())
        .order_by("send_after", "id"),
        worker,
    )
    if attempt is None:
        return False
    try:
        _send(attempt, worker, claimed_at)
    except LeaseLost:
        log.warning("%s was taken over by another worker", attempt)
    return True


def _send(attempt: Attempt, worker: str, claimed_at: float) -> None:
    if timezone.now() >= attempt.expires_at:
        outcomes.end_before_sending(attempt, worker, "expired", "")
        return
    try:
        way = upstream.connect(attempt.job.workspace)
    except keys.KeyMissing as missing:
        outcomes.end_before_sending(attempt, worker, missing.code, str(missing))
        return
    except ValueError as unusable:
        outcomes.end_before_sending(attempt, worker, "key_unusable", str(unusable))
        return
    with way.client:
        _mark_sending(attempt, worker, way)
        # A worker that was paused meanwhile may have lost its lease without knowing: the call
        # has to end before another worker may call its outcome unknown.
        lease_ends_at = claimed_at + settings.LEASE_SECONDS
        if _is_late(attempt, lease_ends_at):
            outcomes.end_not_sent(attempt, worker, way, "paused", "", None)
            return
        outcome = _create(way, attempt, lease_ends_at)
        try:
            _persist(lambda: outcomes.write(attempt, worker, way, outcome))
        except LeaseLost:
            outcomes.keep_late_answer(attempt, worker, way, outcome)
    # Not written with the outcome: that it cannot be noted must not make the outcome wait.
    if isinstance(outcome, CreatedJob | Rejected):
        upstream.note_answer(attempt.job.workspace, way, outcome.exchange)


def _is_late(attempt: Attempt, lease_ends_at: float) -> bool:
    """Whether too little of the lease is left for a call, by either clock: one stands still
    while a machine sleeps, and the other can be set."""
    longest = upstream.longest_call_seconds()
    by_wall_clock = timezone.now() + timedelta(seconds=longest)
    return (
        time.monotonic() + longest > lease_ends_at
        or attempt.lease_until is None
        or by_wall_clock > attempt.lease_until
    )


def _create(way: Upstream, attempt: Attempt, ends_at: float) -> CreatedJob | DashScopeError:
    try:
        return way.client.create(attempt.payload.encode(), ends_at=ends_at)
    except DashScopeError as error:
        return error


def _persist(write: Callable[[], None]) -> None:
    """Write an outcome down, trying again while the database is locked or full.

    When the lease is over and it still cannot be written, the database's error goes up: the
    attempt stays SENDING, and settling finds out at DashScope what was known here.
    """
    deadline = time.monotonic() + settings.LEASE_SECONDS
    pause = 0.1
    while True:
        try:
            write()
            return
        except (OperationalError, InternalError, InterfaceError):
            if time.monotonic() + pause > deadline:
                raise
            log.exception("an outcome could not be written; trying again in %.1f s", pause)
        connection.close_if_unusable_or_obsolete()
        time.sleep(pause)
        pause = min(pause * 2, 5.0)


def _mark_sending(attempt: Attempt, worker: str, way: Upstream) -> None:
    now = timezone.now()
    with audit.act(actors.worker(worker)) as act:
        leases.write_back(
            attempt,
            Q(state=AttemptState.INTENDED),
            state=AttemptState.SENDING,
            sent_at=now,
            host=way.host,
            key_fingerprint=way.key_fingerprint,
        )
        outcomes.change_job(attempt.job, status=JobStatus.SENDING)
        act.record(
            Verb.ATTEMPT_SENDING,
            attempt.job,
            data={
                "attempt": attempt.number,
                "payload_digest": attempt.payload_digest,
                "host": way.host,
                "key_fingerprint": way.key_fingerprint,
            },
        )
