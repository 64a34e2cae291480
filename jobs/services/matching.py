"""Whether a job in DashScope's list could be the one that an unanswered create made.

There is no idempotency key (vendor page: create-import-job-api), so the content and the time
decide, and whatever is not certain is put to a person.
"""

from datetime import datetime, timedelta

from jobs.dashscope import Exchange, RemoteJob
from jobs.models import Attempt

# Clocks that are compared through the Date header still differ by its one second and by the
# way of the message; a row's own clock may differ a little from that of the gateway.
CLOCK_ALLOWANCE = timedelta(seconds=30)


def could_own(attempt: Attempt, remote: RemoteJob, exchange: Exchange | None) -> bool:
    """Whether the row has the attempt's content and is not older than its call.

    A row whose time cannot be read could be its own: it is a candidate, never adopted.
    """
    job = attempt.job
    if (remote.bucket_name, remote.object_key) != (job.bucket_name, job.object_key):
        return False
    # DashScope names a job without display name after its base model.
    if remote.display_name != (job.display_name or job.base_model):
        return False
    if not remote.model_name.lower().startswith(job.base_model.lower()):
        return False
    if remote.created_at is None or attempt.sent_at is None:
        return True
    return remote.created_at >= attempt.sent_at + clock_offset(exchange) - CLOCK_ALLOWANCE


def is_certain(remote: RemoteJob) -> bool:
    """Whether a single match may be adopted without asking anybody."""
    return remote.created_at is not None


def clock_offset(exchange: Exchange | None) -> timedelta:
    """How far DashScope's clock is ahead of ours, by the answer's Date; zero if it sent none."""
    if exchange is None or exchange.server_date is None:
        return timedelta(0)
    middle: datetime = exchange.started_at + (exchange.finished_at - exchange.started_at) / 2
    return exchange.server_date - middle
