"""Which pages there are to see, each with a name for its picture. The first is the sign-in."""

from urllib.parse import urlencode

from jobs.choices import JobStatus, Verb
from jobs.models import AuditEvent, ImportJob
from tests.screenshots import present


def pages() -> list[tuple[str, str]]:
    """Every page's name and address, with the jobs of the stage in them."""

    def job(name: str, act: str = "") -> str:
        return f"/jobs/{present.job_named(name).pk}/{act}"

    ended = ImportJob.objects.filter(status=JobStatus.SUCCEEDED, deleted_at=None)
    several = urlencode([("job", pk) for pk in ended.values_list("pk", flat=True)[:3]])
    changed = AuditEvent.objects.filter(verb=Verb.JOB_STATUS_CHANGED).latest("seq").seq
    return [
        ("sign-in", "/accounts/login/"),
        ("overview", "/"),
        ("list", "/jobs/"),
        ("list-filtered", "/jobs/?status=failed&submitter=omar&since=2020-01-01"),
        ("list-no-match", "/jobs/?q=nothing-like-this"),
        ("form", "/jobs/new/"),
        ("job-running", job(present.RUNNING)),
        ("job-succeeded", job(present.SUCCEEDED)),
        ("job-failed", job(present.FAILED)),
        ("job-rejected", job(present.REJECTED)),
        ("job-unconfirmed", job(present.LOST)),
        ("job-conflict", job(present.CONFLICT)),
        ("resubmit", job(present.FAILED, "resubmit/")),
        ("delete", job(present.SUCCEEDED, "delete/")),
        ("delete-several", f"/jobs/delete/?{several}"),
        ("settings-workspaces", "/settings/workspaces/"),
        ("settings-members", "/settings/members/"),
        ("settings-workspace", "/settings/workspaces/main/"),
        ("settings-tokens", "/settings/tokens/"),
        ("settings-notices", "/settings/notices/"),
        ("audit-history", "/audit/"),
        ("audit-filtered", "/audit/?outcome=failed"),
        ("audit-event", f"/audit/events/{changed}/"),
        ("audit-exceptions", "/audit/exceptions/"),
        ("audit-report", "/audit/report/"),
        ("api", "/api/v1/docs"),
        ("shortcuts", "/shortcuts/"),
        ("not-found", "/nothing-here/"),
    ]
