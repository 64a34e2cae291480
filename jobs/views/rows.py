"""A job as the list shows it, worked out before the template runs: fifty rows have to be cheap."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jobs.choices import JobStatus, Origin, WeightType
from jobs.models import ImportJob, Membership, Workspace
from jobs.services.explaining import explanation_of, raw_text
from jobs.services.list_facts import MOST_COUNTED
from jobs.services.listed_jobs import ListedJob
from jobs.templatetags.clock import Clock, duration_text
from jobs.templatetags.desk import initials
from jobs.templatetags.looks import LOOK_OF_STATUS
from jobs.templatetags.remembered import MOST_REMEMBERED


def capped(count: int) -> str:
    """The count as text, which says so where counting was stopped."""
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


class Why(NamedTuple):
    """What went wrong, what to do, and the words it came in."""

    tone: str
    title: str
    fix: str
    raw: str


class JobRow(NamedTuple):
    """One row; every text is ready to be shown, none is escaped yet."""

    id: int
    url: str
    status: str
    word: str
    tone: str
    icon: str
    name: str
    machine_name: str
    over: str
    why: Why | None
    base_model: str
    inferred: bool
    weight: str
    bucket: str
    path: str
    who: str
    initials: str
    iso: str
    exact: str
    age: str
    short: str
    workspace: str
    job_id: str
    took: str

    @property
    def said(self) -> str:
        """What a screen reader is told when the row changes."""
        return f"{self.name}: {self.word}"


class RowHeads(NamedTuple):
    """What stands above the rows: the columns, the order, and the addresses of other orders."""

    columns: tuple[str, ...]
    order: str
    order_word: str
    by_status: str
    by_age: str

    @property
    def table_class(self) -> str:
        """What tells the style sheet which columns there are."""
        return " ".join(["jobs", *(f"with-{name}" for name in self.columns)])


class Pager(NamedTuple):
    """What stands below the rows: in which order and zone they are, the address of this page,
    and those of the pages beside it, or ""."""

    order_word: str
    zone: str
    here: str
    previous: str
    next: str


def row_of(job: ImportJob, clock: Clock) -> JobRow:
    """The row of one job; its workspace has to be selected along."""
    status = JobStatus(job.status)
    look = LOOK_OF_STATUS[status]
    who = job.submitted_by_label if job.origin == Origin.DESK else ""
    return JobRow(
        id=job.pk,
        url=job_url(job.pk),
        status=status,
        word=status_word(job),
        tone=look.tone,
        icon=look.icon,
        name=job.label,
        machine_name=job.generated_model_name,
        over=over_text(job),
        why=_why(job, look.tone),
        base_model=job.base_model,
        inferred=job.base_model_inferred,
        weight=_WEIGHTS.get(job.weight_type, ""),
        bucket=job.bucket_name,
        path=job.object_key,
        who=who,
        initials=initials(who),
        iso=job.created_at.isoformat(timespec="seconds"),
        exact=clock.exact(job.created_at),
        age=clock.age(job.created_at),
        short=clock.short(job.created_at),
        workspace=job.workspace.name,
        job_id=job.remote_job_id,
        took=_took(job),
    )


def timeless_rows_of(
    jobs: Iterable[ListedJob], memberships: Iterable[Membership], clock: Clock
) -> list[JobRow]:
    """The rows of jobs of the memberships' workspaces, but for their ages.

    What a row says follows from what was read of the job and of its workspace, from the reader's
    language and zone, and from the day, so it is worked out once for these.
    """
    today = clock.of_the_day()
    language = get_language()
    places = {each.workspace_id: _Place.of(each.workspace) for each in memberships}
    return [_row_on(today, language, job, places[job.workspace_id]) for job in jobs]


def aged(rows: Iterable[JobRow], jobs: Iterable[ListedJob], clock: Clock) -> list[JobRow]:
    """The rows of these jobs with their ages."""
    return [
        row._replace(age=clock.age(job.created_at)) for row, job in zip(rows, jobs, strict=True)
    ]


class _Place(NamedTuple):
    """What a row says of the job's workspace."""

    name: str
    host: str

    @classmethod
    def of(cls, workspace: Workspace) -> "_Place":
        return cls(workspace.name, workspace.host)


@lru_cache(MOST_REMEMBERED)
def _row_on(today: Clock, language: str | None, job: ListedJob, place: _Place) -> JobRow:
    # In `language`, which is what the thread speaks.
    return row_of(job.job(Workspace(**place._asdict())), today)._replace(age="")


def _took(job: ImportJob) -> str:
    """How long the import took, where its beginning and its end were both seen here."""
    if job.origin != Origin.DESK or job.is_open or job.finished_at is None:
        return ""
    return duration_text(job.finished_at - job.created_at)


_WEIGHTS = {WeightType.LORA.value: "LoRA", WeightType.FULL.value: "full"}


def status_word(job: ImportJob) -> str:
    """The status in words; DashScope's own word where we know none for it."""
    if job.status == JobStatus.OTHER and job.remote_status:
        return job.remote_status
    return _word(job.status, get_language())


@lru_cache
def _word(status: str, language: str | None) -> str:
    # In `language`, which is what the thread speaks.
    return str(JobStatus(status).label)


@lru_cache(10_000)
def job_url(job_id: int) -> str:
    """The address of the job's page."""
    return reverse("job-detail", args=[job_id])


def over_text(job: ImportJob) -> str:
    """That the imported model is no longer at DashScope, if it is not."""
    if job.deleted_at:
        return _("deleted at DashScope")
    return _("no longer at DashScope") if job.gone_at else ""


def _why(job: ImportJob, tone: str) -> Why | None:
    explanation = explanation_of(job)
    if explanation is None:
        return None
    language = get_language() or "en"
    return Why(
        tone,
        explanation.title.in_language(language),
        explanation.fix.in_language(language),
        raw_text(job),
    )
