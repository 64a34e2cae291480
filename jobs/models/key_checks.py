"""Key checks: whether a workspace's key works, asked by a person and answered by a worker."""

from django.db import models
from django.db.models import Q

from jobs.models.leases import Leased
from jobs.models.workspaces import Workspace


class KeyCheck(Leased):
    """One question, and what one list call answered. Until then `works` is null."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="key_checks")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    works = models.BooleanField(null=True)
    host = models.CharField(max_length=255, blank=True)
    key_fingerprint = models.CharField(max_length=16, blank=True)
    code = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"],
                condition=Q(answered_at=None),
                name="jobs_keycheck_one_open_a_workspace",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, works=None)
                | Q(answered_at__isnull=False, works__isnull=False),
                name="jobs_keycheck_answered_says_whether",
            ),
        ]

    def __str__(self) -> str:
        return f"key check {self.pk} of workspace {self.workspace_id}"
