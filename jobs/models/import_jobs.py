"""Import jobs: one row for each custom model that someone wanted in Model Studio."""

from collections.abc import Sequence

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from jobs.choices import (
    FOLLOWED_STATUSES,
    GUARDED_STATUSES,
    NEEDS_PERSON_STATUSES,
    OPEN_STATUSES,
    JobStatus,
    Origin,
    WeightType,
)
from jobs.models.people import User
from jobs.models.workspaces import Workspace


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    """Jobs, and the branches that they fall into: conditions of which each job meets one, each
    with an index that has its jobs in order."""

    branches: tuple[Q, ...] = ()

    def fall_into(self, branches: Sequence[Q]) -> "ImportJobQuerySet":
        """The same jobs, known to meet one of the branches each."""
        jobs = self.all()
        jobs.branches = tuple(branches)
        return jobs

    def first_ones(self, size: int, columns: Sequence[str]) -> "ImportJobQuerySet":
        """The first so many in this order.

        No index has the jobs of two workspaces, or of two statuses, in order; reading the first
        of each branch by its own index costs the same however many jobs there are.
        """
        if len(self.branches) < 2:
            return self.order_by(*columns)[:size]
        firsts = [
            ImportJob.objects.filter(
                pk__in=self.filter(branch).order_by(*columns).values("pk")[:size]
            ).values("pk")
            for branch in self.branches
        ]
        ids = firsts[0].union(*firsts[1:], all=True)
        return self.filter(pk__in=ids).order_by(*columns)[:size]

    def _clone(self) -> "ImportJobQuerySet":
        jobs: ImportJobQuerySet = super()._clone()  # type: ignore[misc]
        jobs.branches = self.branches
        return jobs

    def visible_to(self, user: User) -> "ImportJobQuerySet":
        """Jobs of the workspaces that the person is a member of."""
        # Not by a join, which could begin with all jobs of the workspaces.
        return self.filter(workspace__in=user.memberships.values("workspace"))

    def open_in(self, statuses: Sequence[JobStatus]) -> "ImportJobQuerySet":
        """Jobs in these open statuses, through the index of the few that are open."""
        return self.filter(status__among=OPEN_STATUSES, status__in=statuses)

    def followed(self) -> "ImportJobQuerySet":
        """Jobs that DashScope knows and that have not reached their end."""
        return self.open_in(FOLLOWED_STATUSES).filter(gone_at=None, deleted_at=None)

    def guarding(self) -> "ImportJobQuerySet":
        """Jobs that are open or succeeded: the same weights need a deliberate second import."""
        return self.filter(status__in=GUARDED_STATUSES, gone_at=None, deleted_at=None)

    def needing_a_person(self) -> "ImportJobQuerySet":
        """Jobs that wait for a person: unconfirmed, or come to nothing and not yet resubmitted."""
        # Not by a join: SQLite would read every job to make itself an index for it.
        resubmitted = Exists(ImportJob.objects.filter(resubmission_of=OuterRef("pk")))
        there = self.filter(status__in=NEEDS_PERSON_STATUSES, deleted_at=None, gone_at=None)
        return there.exclude(resubmitted)

    def for_list(self) -> "ImportJobQuerySet":
        """What a row of the list shows, in one query, newest first."""
        return self.select_related("workspace").order_by("-created_at", "-id")


class ImportJob(models.Model):
    """One import, from the intent to its end, with what DashScope last said of it.

    `base_model` is what was asked for; `generated_model_name` is the id that DashScope made.
    Both are called `model_name` on the wire (vendor pages: create- and get-import-job-api).
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="jobs")
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.DESK)
    status = models.CharField(max_length=16, choices=JobStatus.choices, default=JobStatus.QUEUED)

    base_model = models.CharField(_("base model"), max_length=200)
    base_model_inferred = models.BooleanField(default=False)
    display_name = models.CharField(_("display name"), max_length=200, blank=True)
    weight_type = models.CharField(
        _("weight type"), max_length=8, choices=WeightType.choices, blank=True
    )
    bucket_name = models.CharField(_("bucket"), max_length=200)
    object_key = models.CharField(_("path"), max_length=1024)

    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="jobs"
    )
    submitted_by_label = models.CharField(max_length=200, blank=True)
    # What makes a second post of the same form, or the same Idempotency-Key, the same job.
    submission_key = models.CharField(max_length=100, blank=True)
    content_digest = models.CharField(max_length=64, blank=True)
    # The content digest while this job holds the guard, else empty: two people who submit the
    # same weights at the same moment meet at the constraint on it.
    guard_key = models.CharField(max_length=64, blank=True)
    duplicate_reason = models.TextField(blank=True)
    resubmission_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="resubmissions"
    )

    remote_job_id = models.CharField(max_length=200, blank=True)
    generated_model_name = models.CharField(max_length=300, blank=True)
    remote_status = models.CharField(max_length=80, blank=True)
    gmt_create = models.CharField(max_length=80, blank=True)
    remote_created_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=200, blank=True)

    # What went wrong, raw: the call it came from ("import" for a FAILED job), the code or our
    # own reason word, and the text. Explanations are chosen from these when shown.
    error_call = models.CharField(max_length=16, blank=True)
    error_code = models.CharField(max_length=200, blank=True)
    error_message = models.TextField(blank=True)

    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by_label = models.CharField(max_length=200, blank=True)
    deletion_reason = models.TextField(blank=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="jobs_job_newest"),
            models.Index(
                fields=["workspace", "status", "-created_at", "-id"], name="jobs_job_by_status"
            ),
            models.Index(
                fields=["workspace", "submitted_by", "-created_at", "-id"],
                name="jobs_job_by_person",
            ),
            models.Index(fields=["workspace", "content_digest"], name="jobs_job_by_content"),
            # The follower and the overview look for the few open jobs among very many.
            models.Index(
                fields=["workspace", "created_at"],
                name="jobs_job_open",
                condition=Q(status__in=OPEN_STATUSES),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "remote_job_id"],
                condition=~Q(remote_job_id=""),
                name="jobs_importjob_one_record_a_remote_job",
            ),
            models.UniqueConstraint(
                fields=["submission_key"],
                condition=~Q(submission_key=""),
                name="jobs_importjob_one_job_a_submission",
            ),
            models.UniqueConstraint(
                fields=["workspace", "guard_key"],
                condition=~Q(guard_key=""),
                name="jobs_importjob_one_guard_a_content",
            ),
            models.CheckConstraint(
                condition=Q(status__in=JobStatus.values), name="jobs_importjob_known_status"
            ),
            models.CheckConstraint(
                condition=Q(weight_type__in=["", *WeightType.values]),
                name="jobs_importjob_known_weight_type",
            ),
            models.CheckConstraint(
                condition=Q(origin=Origin.DISCOVERED) | ~Q(weight_type=""),
                name="jobs_importjob_submitted_has_weight_type",
            ),
            # What DashScope said is shown only of a job that DashScope named.
            models.CheckConstraint(
                condition=~Q(remote_job_id="")
                | Q(
                    status__in=[
                        JobStatus.QUEUED,
                        JobStatus.SENDING,
                        JobStatus.UNCONFIRMED,
                        JobStatus.REJECTED,
                        JobStatus.NOT_CREATED,
                    ]
                ),
                name="jobs_importjob_remote_status_has_remote_job",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name a person knows the job by: DashScope defaults it to the base model."""
        return self.display_name or self.base_model

    @property
    def is_open(self) -> bool:
        """Whether this job's status may still change by itself."""
        return self.status in OPEN_STATUSES and not self.gone_at and not self.deleted_at
