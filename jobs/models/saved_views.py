"""Saved views: filters of the list under a name, shared with everyone in a workspace."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.workspaces import Workspace


class SavedView(models.Model):
    """A name for a query of the list's address. services/saved_views.py is its only writer."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"], name="jobs_savedview_one_of_a_name"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="jobs_savedview_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
