"""Finding jobs: the filters that the list page and the API share, under the same names."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta, tzinfo

from django.db.models import Q
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from jobs.choices import OPEN_STATUSES, RESUBMITTABLE_STATUSES, JobStatus, WeightType
from jobs.models import ImportJob, User
from jobs.models.import_jobs import ImportJobQuerySet

NEEDS_PERSON = "needs_person"
OPEN = "open"
UNSUCCESSFUL = "unsuccessful"
GROUPS = (NEEDS_PERSON, OPEN, UNSUCCESSFUL)
LONGEST_TEXT = 200
MOST_TERMS = 8
SENSIBLE_YEARS = range(1970, 3000)
# Where free text is looked for.
TEXT_FIELDS = (
    "display_name",
    "base_model",
    "generated_model_name",
    "bucket_name",
    "object_key",
    "remote_job_id",
    "error_code",
    "error_message",
    "submitted_by_label",
)


@dataclass(frozen=True)
class JobSearch:
    """What is looked for. Empty values do not narrow the search.

    `status` is a status word, `open`, `needs_person`, or `unsuccessful` for all that came to
    nothing; `submitter` is a username; `workspace` is a slug; `since` is included and `until` is
    not. Both are about the submission, `ended_since` about the end.
    """

    status: str = ""
    q: str = ""
    submitter: str = ""
    workspace: str = ""
    base_model: str = ""
    weight_type: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ended_since: datetime | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything is filtered at all."""
        return any(getattr(self, field.name) for field in fields(self))

    def jobs(self, user: User) -> ImportJobQuerySet:
        """The jobs found among those that the person may see."""
        found = ImportJob.objects.visible_to(user)
        if self.status == OPEN:
            found = found.filter(status__in=OPEN_STATUSES, gone_at=None, deleted_at=None)
        elif self.status == NEEDS_PERSON:
            found = found.needing_a_person()
        elif self.status == UNSUCCESSFUL:
            found = found.filter(status__in=RESUBMITTABLE_STATUSES)
        elif self.status:
            found = found.filter(status=self.status)
        if self.submitter:
            found = found.filter(submitted_by__username=self.submitter)
        if self.workspace:
            found = found.filter(workspace__slug=self.workspace)
        if self.base_model:
            found = found.filter(base_model=self.base_model)
        if self.weight_type:
            found = found.filter(weight_type=self.weight_type)
        if self.since:
            found = found.filter(created_at__gte=self.since)
        if self.until:
            found = found.filter(created_at__lt=self.until)
        if self.ended_since:
            found = found.filter(finished_at__gte=self.ended_since)
        for term in self.q.split()[:MOST_TERMS]:
            found = found.filter(_mentions(term))
        return found


def read(values: Mapping[str, str], zone: tzinfo) -> tuple[JobSearch, dict[str, list[str]]]:
    """The search that request parameters describe, and what is wrong with them by name.

    A wrong parameter does not narrow the search. A day without a time is a day of `zone`, and
    a day as `until` is included whole.
    """
    problems: dict[str, list[str]] = {}
    status = values.get("status", "")
    if status not in ("", *GROUPS, *JobStatus.values):
        problems["status"] = [_("There is no status of this name.")]
        status = ""
    weight_type = values.get("weight_type", "")
    if weight_type not in ("", *WeightType.values):
        problems["weight_type"] = [_("There is no tuning type of this name.")]
        weight_type = ""

    def time_of(name: str, whole_days: int) -> datetime | None:
        text = values.get(name, "").strip()
        at = _time(text, zone, whole_days) if text else None
        if text and at is None:
            problems[name] = [_("Write a day as 2026-01-31, or a time as ISO 8601 with offset.")]
        return at

    def text_of(name: str) -> str:
        # PostgreSQL has no NUL, so no text holds one.
        return values.get(name, "").replace("\x00", "").strip()[:LONGEST_TEXT]

    search = JobSearch(
        status=status,
        q=text_of("q"),
        submitter=text_of("submitter"),
        workspace=text_of("workspace"),
        base_model=text_of("base_model"),
        weight_type=weight_type,
        since=time_of("since", 0),
        until=time_of("until", 1),
        ended_since=time_of("ended_since", 0),
    )
    return search, problems


def _mentions(term: str) -> Q:
    mentions = Q()
    for field in TEXT_FIELDS:
        mentions |= Q(**{f"{field}__icontains": term})
    number = term.removeprefix("#")
    if number.isdecimal() and number.isascii() and len(number) < 19:
        mentions |= Q(pk=int(number))
    return mentions


def _time(text: str, zone: tzinfo, whole_days: int) -> datetime | None:
    try:
        if len(text) > len("2026-01-31"):
            at = parse_datetime(text)
        elif day := parse_date(text):
            at = datetime.combine(day + timedelta(days=whole_days), time())
        else:
            return None
    except (ValueError, OverflowError):
        return None  # well written, but there is no such day
    # The first and the last days there are cannot be converted between zones.
    if at is None or at.year not in SENSIBLE_YEARS:
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)
