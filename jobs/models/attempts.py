"""Attempts to create a job at DashScope, and the walks that look for an unanswered one."""

from django.db import models
from django.db.models import Q

from jobs.choices import OPEN_ATTEMPT_STATES, AttemptState, ConfirmedBy
from jobs.models.import_jobs import ImportJob
from jobs.models.leases import Leased


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Attempts, of which very few are open."""

    def open_in(self, *states: AttemptState) -> "AttemptQuerySet":
        """Attempts in these open states, through the index of those that are open."""
        return self.filter(state__among=OPEN_ATTEMPT_STATES, state__in=states)


class Attempt(Leased):
    """One intent to send one create. Its payload leaves at most once.

    It is written before anything is sent, and is never sent after `expires_at`.
    """

    job = models.ForeignKey(ImportJob, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=16, choices=AttemptState.choices, default=AttemptState.INTENDED
    )
    payload = models.TextField()
    payload_digest = models.CharField(max_length=64)
    send_after = models.DateTimeField()
    expires_at = models.DateTimeField()

    host = models.CharField(max_length=255, blank=True)
    key_fingerprint = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    remote_job_id = models.CharField(max_length=200, blank=True)
    confirmed_by = models.CharField(max_length=16, choices=ConfirmedBy.choices, blank=True)

    # Settling: no walk that started before `settle_until` can prove absence.
    settle_until = models.DateTimeField(null=True, blank=True)
    clean_walks = models.PositiveIntegerField(default=0)
    candidates = models.JSONField(default=list)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        indexes = [
            models.Index(
                fields=["send_after"],
                name="jobs_attempt_to_send",
                condition=Q(state=AttemptState.INTENDED),
            ),
            models.Index(
                fields=["state"],
                name="jobs_attempt_open",
                condition=Q(state__in=OPEN_ATTEMPT_STATES),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="jobs_attempt_numbered_once"),
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(state__in=OPEN_ATTEMPT_STATES),
                name="jobs_attempt_one_open_a_job",
            ),
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(state=AttemptState.CONFIRMED),
                name="jobs_attempt_one_confirmed_a_job",
            ),
            models.CheckConstraint(
                condition=Q(state=AttemptState.CONFIRMED, remote_job_id__gt="")
                | (~Q(state=AttemptState.CONFIRMED) & Q(remote_job_id="")),
                name="jobs_attempt_confirmed_has_remote_job",
            ),
            models.CheckConstraint(
                condition=Q(state__in=AttemptState.values), name="jobs_attempt_known_state"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False)
                | Q(state__in=[AttemptState.INTENDED, AttemptState.NOT_SENT]),
                name="jobs_attempt_outcome_was_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of job {self.job_id}: {self.state}"


class Walk(models.Model):
    """One look for an unanswered create through all pages of DashScope's list."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="walks")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    # Whether every row that existed when the walk began was seen.
    complete = models.BooleanField()
    pages = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    matches = models.JSONField(default=list)
    request_ids = models.JSONField(default=list)
    failure = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"walk for attempt {self.attempt_id} at {self.started_at:%Y-%m-%d %H:%M:%S}"
