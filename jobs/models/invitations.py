"""Invitations: a link by which one person joins a workspace, once. Never the link itself."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.choices import Role
from jobs.models.workspaces import Workspace


class Invitation(models.Model):
    """One link, known by the keyed digest of its secret part. services/invitations.py is its
    only writer."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=16, choices=Role.choices)
    note = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    # It admits only while whoever made it could admit by hand.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="jobs_invitation_known_role"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                name="jobs_invitation_ends_one_way",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"
