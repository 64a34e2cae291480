"""Deletions at DashScope that a person asked for. Our own records are never deleted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.choices import OPEN_DELETION_STATES, DeletionState
from jobs.models.import_jobs import ImportJob
from jobs.models.leases import Leased


class Deletion(Leased):
    """One intent to delete one imported model at DashScope, written before the call."""

    job = models.ForeignKey(ImportJob, on_delete=models.PROTECT, related_name="deletions")
    state = models.CharField(
        max_length=16, choices=DeletionState.choices, default=DeletionState.INTENDED
    )
    reason_given = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    requested_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(state__in=OPEN_DELETION_STATES),
                name="jobs_deletion_one_open_a_job",
            ),
            models.CheckConstraint(
                condition=Q(state__in=DeletionState.values), name="jobs_deletion_known_state"
            ),
        ]

    def __str__(self) -> str:
        return f"deletion of job {self.job_id}: {self.state}"
