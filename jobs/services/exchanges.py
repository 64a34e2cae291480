"""Keeping what went over the wire for a job, as sent and as received."""

from jobs import dashscope
from jobs.choices import Call, ExchangeOutcome
from jobs.dashscope import DashScopeError, NotSent, Rejected
from jobs.models import Attempt, Exchange, ImportJob
from jobs.services.audit import Act
from jobs.services.upstream import Upstream


def keep(
    act: Act,
    job: ImportJob,
    call: Call,
    upstream: Upstream,
    made: dashscope.Exchange,
    *,
    attempt: Attempt | None = None,
    error: DashScopeError | None = None,
) -> Exchange:
    """Store one call inside the act that stores what it meant, and bind it to the history."""
    exchange = Exchange.objects.create(
        job=job,
        attempt=attempt,
        call=call,
        outcome=_outcome(error),
        reason=error.reason if error else "",
        host=upstream.host,
        key_fingerprint=upstream.key_fingerprint,
        method=made.method,
        path=made.path,
        request_body=made.request_body,
        status_code=made.status_code,
        response_headers=dict(made.response_headers),
        response_body=made.response_body,
        response_bytes=made.response_bytes,
        response_truncated=made.response_truncated,
        request_id=made.request_id[:200],
        started_at=made.started_at,
        finished_at=made.finished_at,
        duration_ms=made.duration_ms,
    )
    act.witness(exchange)
    return exchange


def _outcome(error: DashScopeError | None) -> ExchangeOutcome:
    if error is None:
        return ExchangeOutcome.ANSWERED
    if isinstance(error, Rejected):
        return ExchangeOutcome.REJECTED
    return ExchangeOutcome.NOT_SENT if isinstance(error, NotSent) else ExchangeOutcome.UNKNOWN
