"""People who sign in, and what they may do where."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from jobs.choices import Role
from jobs.models.workspaces import Workspace


class User(AbstractUser):
    """A person with an account. People who leave are deactivated, never deleted."""

    @property
    def label(self) -> str:
        """The name that pages and the history show."""
        return self.get_full_name() or self.username


class Membership(models.Model):
    """A person's role in a workspace."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "workspace"], name="jobs_membership_one_role_a_workspace"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="jobs_membership_known_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.workspace}"
