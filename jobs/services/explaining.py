"""The explanation of what is wrong with a job, or with a workspace's DashScope."""

from jobs.explanations import Explanation, explain
from jobs.models import ImportJob, KeyCheck, Workspace


def explanation_of(job: ImportJob) -> Explanation | None:
    """What happened to the job, what it means and what to do; None if nothing is wrong."""
    if not (job.error_code or job.error_message):
        return None
    return explanation_of_words(
        job.error_call, job.error_code, job.error_message, job.workspace.host
    )


def explanation_of_words(call: str, code: str, message: str, host: str) -> Explanation:
    """What the words in which something went wrong with a job mean."""
    return explain(call=call, code=code, message=message, region=host)


def explanation_of_trouble(workspace: Workspace) -> Explanation | None:
    """Why the worker does not hear from DashScope; None while it does."""
    if not workspace.failing_since:
        return None
    return explain(
        call="list",
        code=workspace.failure_code,
        message=workspace.failure_message,
        region=workspace.host,
    )


def explanation_of_check(check: KeyCheck) -> Explanation | None:
    """Why the key did not work when it was asked for; None if it worked or nobody has said."""
    if check.works is not False:
        return None
    return explain(call="list", code=check.code, message=check.message, region=check.host)


def raw_text(job: ImportJob) -> str:
    """The code and the message as they came, said once if they are the same."""
    if job.error_code == job.error_message:
        return job.error_code
    return " · ".join(part for part in (job.error_code, job.error_message) if part)
