"""Exchanges: every call that was made for a job, as sent and as received. Never a key."""

from django.db import models
from django.db.models import Q

from jobs.choices import Call, ExchangeOutcome
from jobs.models.attempts import Attempt
from jobs.models.import_jobs import ImportJob


class Exchange(models.Model):
    """One call to DashScope for one job.

    `response_body` is the text as received, cut at a stated size; `response_bytes` says how
    much came, `response_truncated` whether it was cut.
    """

    job = models.ForeignKey(ImportJob, on_delete=models.PROTECT, related_name="exchanges")
    attempt = models.ForeignKey(
        Attempt, on_delete=models.PROTECT, null=True, related_name="exchanges"
    )
    call = models.CharField(max_length=8, choices=Call.choices)
    outcome = models.CharField(max_length=16, choices=ExchangeOutcome.choices)
    reason = models.CharField(max_length=40, blank=True)
    host = models.CharField(max_length=255)
    key_fingerprint = models.CharField(max_length=16)
    method = models.CharField(max_length=8)
    path = models.TextField()
    request_body = models.TextField(blank=True)
    status_code = models.PositiveIntegerField(null=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    response_bytes = models.PositiveBigIntegerField(default=0)
    response_truncated = models.BooleanField(default=False)
    request_id = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    # When both bodies were removed for their age; the history keeps their digests.
    bodies_pruned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["started_at", "id"]
        indexes = [
            models.Index(
                fields=["finished_at"],
                name="jobs_exchange_with_bodies",
                condition=Q(bodies_pruned_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(call__in=Call.values), name="jobs_exchange_known_call"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=ExchangeOutcome.values), name="jobs_exchange_known_outcome"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__gte=models.F("started_at")),
                name="jobs_exchange_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
