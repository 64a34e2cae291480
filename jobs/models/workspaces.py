"""Workspaces of DashScope: where an import goes, under which key, and how it is heard from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from jobs.choices import DutyKind, Region
from jobs.models.leases import Leased


class Workspace(models.Model):
    """A DashScope workspace, reached with one key. The key itself is never here.

    `key_reference` names it: "" means DASHSCOPE_API_KEY, "RESEARCH" means
    DASHSCOPE_API_KEY_RESEARCH, each read by the worker alone.
    """

    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    region = models.CharField(
        _("region"), max_length=16, choices=Region.choices, default=Region.ENVIRONMENT
    )
    key_reference = models.CharField(_("key reference"), max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    # What the worker last learned about this workspace's DashScope. Only services/upstream.py
    # writes these, and always by update(), so that editing the name cannot overwrite them.
    host = models.CharField(max_length=255, blank=True)
    key_fingerprint = models.CharField(max_length=16, blank=True)
    last_heard_at = models.DateTimeField(null=True, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failure_code = models.CharField(max_length=80, blank=True)
    failure_message = models.TextField(blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(region__in=Region.values), name="jobs_workspace_known_region"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key_setting(self) -> str:
        """The name of the setting that holds this workspace's key."""
        return (
            f"DASHSCOPE_API_KEY_{self.key_reference}" if self.key_reference else "DASHSCOPE_API_KEY"
        )


class Duty(Leased):
    """A recurring piece of a worker's work for one workspace, done by one worker at a time."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="duties")
    kind = models.CharField(max_length=16, choices=DutyKind.choices)
    due_at = models.DateTimeField(db_index=True)
    done_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind"], name="jobs_duty_one_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.workspace_id}"


class WorkerHeartbeat(models.Model):
    """A worker process that says it is alive, and which key references it can use."""

    name = models.CharField(max_length=80, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    # {"": "3f9ac1…"}: reference → fingerprint of the key, never the key.
    key_fingerprints = models.JSONField(default=dict)
    # How often it found its work taken over by another, since it started.
    lease_losses = models.PositiveIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.name
