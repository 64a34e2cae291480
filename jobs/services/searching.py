"""Finding jobs: the filters that the list page and the API share, under the same names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta, tzinfo

from django.db.models import OuterRef, Q, Subquery
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from jobs.choices import (
    NEEDS_PERSON_STATUSES,
    OPEN_STATUSES,
    RESUBMITTABLE_STATUSES,
    JobStatus,
    WeightType,
)
from jobs.models import ImportJob, Membership, User, Workspace
from jobs.models.import_jobs import ImportJobQuerySet
from jobs.services import members, text_index

NEEDS_PERSON = "needs_person"
OPEN = "open"
UNSUCCESSFUL = "unsuccessful"
GROUPS = (NEEDS_PERSON, OPEN, UNSUCCESSFUL)
LONGEST_TEXT = 200
MOST_TERMS = 8
SENSIBLE_YEARS = range(1970, 3000)
STATUSES_OF_GROUP = {
    NEEDS_PERSON: NEEDS_PERSON_STATUSES,
    OPEN: OPEN_STATUSES,
    UNSUCCESSFUL: RESUBMITTABLE_STATUSES,
}
# Beyond so many workspaces and statuses, one sort costs less than so many looks at an index.
MOST_BRANCHES = 100
# How far back terms too short for the index are looked for, in jobs of one workspace, unless a
# longer one is looked for with them.
SHORT_TERMS_REACH = 20_000


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

    @property
    def terms(self) -> list[str]:
        """The words of `q`, all of which have to be there."""
        return self.q.split()[:MOST_TERMS]

    @property
    def has_short_terms_alone(self) -> bool:
        """Whether every word is too short for the index, so that it is looked for no further back
        than SHORT_TERMS_REACH."""
        return bool(self.terms) and not self._indexed_terms()

    def jobs(
        self, user: User, memberships: Iterable[Membership] | None = None
    ) -> ImportJobQuerySet:
        """The jobs found among those that the person may see. One query unless the person's
        memberships are given, with their workspaces, and up to three where words are looked for.
        """
        if memberships is None:
            memberships = members.memberships_of(user.pk)
        return self.jobs_in(self.workspaces_of(memberships))

    def workspaces_of(self, memberships: Iterable[Membership]) -> tuple[int, ...]:
        """The numbers of the workspaces in which somebody with these memberships looks."""
        return tuple(
            membership.workspace_id
            for membership in memberships
            if self.workspace in ("", membership.workspace.slug)
        )

    def jobs_in(self, workspaces: Sequence[int]) -> ImportJobQuerySet:
        """The jobs found in the workspaces of these numbers, whatever `workspace` says."""
        return self.jobs_within(workspaces, self.within(workspaces))

    def within(self, workspaces: Sequence[int]) -> Q | None:
        """Among which jobs the words are to be looked for, as the database stands now; None for
        all of them. Up to three queries."""
        if not self.terms:
            return None
        if self.has_short_terms_alone:
            return _newest(workspaces)
        return text_index.candidates(self._indexed_terms())

    def jobs_within(self, workspaces: Sequence[int], within: Q | None) -> ImportJobQuerySet:
        """The jobs found among those that `within` told of. No query: what is found follows from
        the values given."""
        # By number and not by a join: an index has the jobs of a workspace in order only for one
        # that is named.
        statuses = STATUSES_OF_GROUP.get(self.status, (self.status,) if self.status else ())
        found = ImportJob.objects.filter(workspace__in=workspaces)
        if statuses:
            found = found.filter(status__in=statuses)
        if self.status == OPEN:
            found = found.open_in(OPEN_STATUSES).filter(gone_at=None, deleted_at=None)
        elif self.status == NEEDS_PERSON:
            found = found.needing_a_person()
        # There are never many open jobs.
        if self.status != OPEN and len(workspaces) * max(1, len(statuses)) <= MOST_BRANCHES:
            found = found.fall_into(_branches(workspaces, statuses))
        if self.submitter:
            person = User.objects.filter(username=self.submitter).values("pk")
            found = found.filter(submitted_by=Subquery(person))
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
        return self._mentioning(found, within) if self.terms else found

    def _indexed_terms(self) -> list[str]:
        return [term for term in self.terms if len(term) >= text_index.SHORTEST_TERM]

    def _mentioning(self, found: ImportJobQuerySet, within: Q | None) -> ImportJobQuerySet:
        if within is not None:
            numbers = [number for term in self.terms if (number := _number(term)) is not None]
            found = found.filter(within | Q(pk__in=numbers) if numbers else within)
            if self._indexed_terms():
                found = found.fall_into(())
        for term in self.terms:
            number = _number(term)
            mentioned = text_index.mentions(term)
            found = found.filter(mentioned if number is None else mentioned | Q(pk=number))
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
        at = time_in(text, zone, whole_days) if text else None
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


def _branches(workspaces: Sequence[int], statuses: Sequence[str]) -> list[Q]:
    if not statuses:
        return [Q(workspace=workspace) for workspace in workspaces]
    return [
        Q(workspace=workspace, status=status) for workspace in workspaces for status in statuses
    ]


def _number(term: str) -> int | None:
    """The number of the job that the term may stand for."""
    number = term.removeprefix("#")
    is_one = number.isdecimal() and number.isascii() and len(number) < 19
    return int(number) if is_one else None


def _newest(workspaces: Sequence[int]) -> Q | None:
    """The newest jobs of the workspaces, unless all of them are few."""
    nth = (
        ImportJob.objects.filter(workspace=OuterRef("pk"))
        .order_by("-created_at", "-pk")
        .values("created_at")[SHORT_TERMS_REACH : SHORT_TERMS_REACH + 1]
    )
    reached = Workspace.objects.filter(pk__in=workspaces).annotate(nth=Subquery(nth))
    cuts = [at for at in reached.order_by().values_list("nth", flat=True) if at]
    return Q(created_at__gte=min(cuts)) if cuts else None


def time_in(text: str, zone: tzinfo, whole_days: int) -> datetime | None:
    """The time that the text says, or a day of `zone` so many days later; None for neither."""
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
