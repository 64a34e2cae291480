"""Notices: who wants to hear of what, on which way, and what became of each message."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.choices import Happening, NoticeKind, NoticeState
from jobs.models.import_jobs import ImportJob
from jobs.models.leases import Leased
from jobs.models.workspaces import Workspace


class NoticeRule(models.Model):
    """What one person, or one workspace, wants to hear of. services/notices.py writes it.

    `target` and `secret` are sealed (services/sealing.py); `shown` is what of the target may
    be seen.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="notice_rules"
    )
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, null=True, related_name="notice_rules"
    )
    kind = models.CharField(max_length=16, choices=NoticeKind.choices)
    target = models.TextField(blank=True)
    secret = models.TextField(blank=True)
    shown = models.CharField(max_length=255)
    happenings = models.JSONField(default=list)
    only_own = models.BooleanField(default=False)
    language = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=NoticeKind.values), name="jobs_noticerule_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(user=None, workspace__isnull=False)
                | Q(user__isnull=False, workspace=None),
                name="jobs_noticerule_one_owner",
            ),
            # What a removed rule knew is gone with it.
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(target="", secret=""),
                name="jobs_noticerule_removed_keeps_no_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.shown}"

    @property
    def asks_for(self) -> list[str]:
        """What is heard of, in the reader's language."""
        return [str(Happening(happening).label) for happening in self.happenings]


class Notice(Leased):
    """One message to one target. Unlike a create it may be sent twice: nothing comes of it."""

    rule = models.ForeignKey(NoticeRule, on_delete=models.CASCADE, related_name="notices")
    job = models.ForeignKey(ImportJob, on_delete=models.PROTECT, null=True, related_name="notices")
    happening = models.CharField(max_length=16, choices=Happening.choices)
    # The event it tells of; null for a test.
    event_seq = models.PositiveBigIntegerField(null=True)
    state = models.CharField(max_length=8, choices=NoticeState.choices, default=NoticeState.DUE)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    status_code = models.PositiveIntegerField(null=True)
    trouble = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["due_at"], name="jobs_notice_to_send", condition=Q(state=NoticeState.DUE)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "event_seq"], name="jobs_notice_one_of_an_event_a_rule"
            ),
            models.CheckConstraint(
                condition=Q(state__in=NoticeState.values), name="jobs_notice_known_state"
            ),
            models.CheckConstraint(
                condition=Q(happening__in=Happening.values), name="jobs_notice_known_happening"
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}: {self.happening}"


class NoticeMark(models.Model):
    """Up to which event the history was looked through for notices: one row."""

    seq = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="jobs_noticemark_only_one"),
        ]

    def __str__(self) -> str:
        return f"looked through up to event {self.seq}"
