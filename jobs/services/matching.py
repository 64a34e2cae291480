"""Whether a job in DashScope's list could be the one that an unanswered create made.

There is no idempotency key (vendor page: create-import-job-api), so the content and the time
decide, and whatever is not certain is put to a person.
"""

from datetime import datetime, timedelta

from jobs.dashscope import Exchange, RemoteJob
from jobs.models import Attempt, ImportJob

# Clocks that are compared through the Date header still differ by its one second and by the
# way of the message; a row's own clock may differ a little from that of the gateway.
CLOCK_ALLOWANCE = timedelta(seconds=30)
# A clock that is set between the call and the walk, here or there, shifts the comparison. A row
# that is older than its call by less than this is not adopted, and alone it is not denied either.
DOUBT = timedelta(hours=1)


def could_own(attempt: Attempt, remote: RemoteJob, exchange: Exchange | None) -> bool:
    """Whether nothing that the row says speaks against its being the one the attempt made.

    What a row leaves out speaks neither for nor against.
    """
    said = zip(_content(remote), _wanted(attempt.job), strict=True)
    if any(word and word != wanted for word, wanted in said):
        return False
    # DashScope's name begins with the base model (vendor page: create-import-job-api).
    if remote.model_name and not _begins_with(remote.model_name, attempt.job.base_model):
        return False
    age = _age_at_call(attempt, remote, exchange)
    return age is None or age <= DOUBT


def is_certain(attempt: Attempt, remote: RemoteJob, exchange: Exchange | None) -> bool:
    """Whether a row that could be the attempt's own may be adopted without asking anybody: it
    leaves nothing out, and it is not older than the call."""
    age = _age_at_call(attempt, remote, exchange)
    said_all = all(_content(remote)) and bool(remote.model_name)
    return said_all and age is not None and age <= CLOCK_ALLOWANCE


def is_older(attempt: Attempt, remote: RemoteJob, exchange: Exchange | None) -> bool:
    """Whether the row was there before the call, unless a clock was set meanwhile."""
    age = _age_at_call(attempt, remote, exchange)
    return age is not None and age > CLOCK_ALLOWANCE


def clock_offset(exchange: Exchange | None) -> timedelta:
    """How far DashScope's clock is ahead of ours, by the answer's Date; zero if it sent none."""
    if exchange is None or exchange.server_date is None:
        return timedelta(0)
    middle: datetime = exchange.started_at + (exchange.finished_at - exchange.started_at) / 2
    return exchange.server_date - middle


def _content(remote: RemoteJob) -> tuple[str, str, str]:
    return remote.bucket_name, remote.object_key, remote.display_name


def _wanted(job: ImportJob) -> tuple[str, str, str]:
    # DashScope names a job without display name after its base model.
    return job.bucket_name, job.object_key, job.display_name or job.base_model


def _begins_with(model_name: str, base_model: str) -> bool:
    return model_name.lower().startswith(base_model.lower())


def _age_at_call(
    attempt: Attempt, remote: RemoteJob, exchange: Exchange | None
) -> timedelta | None:
    """How old the row was when the call was made; None if that cannot be told."""
    if remote.created_at is None or attempt.sent_at is None:
        return None
    return attempt.sent_at + clock_offset(exchange) - remote.created_at
