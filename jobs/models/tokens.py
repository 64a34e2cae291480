"""Personal tokens for the API: named, scoped, expiring, revocable. Never the token itself."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Token(models.Model):
    """A person's token, known by the keyed digest of its text and by its visible beginning.

    services/tokens.py is its only writer, services/allowances.py of the last three fields.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=80)
    scopes = models.JSONField(default=list)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    last_used_at = models.DateTimeField(null=True, blank=True)
    # How many requests were made in which minute since 1970.
    minute = models.PositiveBigIntegerField(default=0)
    used_in_minute = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=Q(revoked_at=None),
                name="jobs_token_one_of_a_name_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
