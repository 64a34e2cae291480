"""Leases: how one worker holds a row while it works on it, and loses it when it dies."""

from django.db import models


class Leased(models.Model):
    """A row that a worker claims before it acts on it. services/leases.py is its only writer.

    `lease_number` grows with every claim. A write-back names the owner and the number it
    claimed with, so that a worker that was paused beyond its lease cannot overwrite its heir.
    """

    lease_owner = models.CharField(max_length=80, blank=True)
    lease_number = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
