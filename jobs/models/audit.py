"""The history: events in one hash chain, its head, and the personal values kept beside it."""

from django.db import models

from jobs.choices import EventOutcome, Fault
from jobs.models.leases import Leased


class AuditEvent(models.Model):
    """One event. Written once by services/audit.py, never changed.

    `canonical` is the exact text that is hashed: digest = SHA-256(canonical) and
    hash = SHA-256(previous hash ‖ digest). The other columns repeat parts of it, so that the
    history can be filtered; they carry no foreign key, because nothing may act on an event.
    """

    seq = models.PositiveBigIntegerField(primary_key=True)
    canonical = models.TextField()
    digest = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64)

    at = models.DateTimeField(db_index=True)
    verb = models.CharField(max_length=40)
    workspace_id = models.BigIntegerField(null=True)
    job_id = models.BigIntegerField(null=True)
    actor_kind = models.CharField(max_length=16)
    actor_user_id = models.BigIntegerField(null=True)
    token_id = models.BigIntegerField(null=True)
    act_id = models.CharField(max_length=36)
    outcome = models.CharField(max_length=16, choices=EventOutcome.choices, blank=True)

    class Meta:
        ordering = ["seq"]
        indexes = [
            models.Index(fields=["job_id", "seq"], name="jobs_event_by_job"),
            models.Index(fields=["workspace_id", "-seq"], name="jobs_event_by_workspace"),
            models.Index(fields=["verb", "-seq"], name="jobs_event_by_verb"),
            models.Index(fields=["actor_user_id", "-seq"], name="jobs_event_by_person"),
            # Few events have one, so these two cost little where events are written.
            models.Index(
                fields=["token_id", "-seq"],
                name="jobs_event_by_token",
                condition=models.Q(token_id__isnull=False),
            ),
            models.Index(
                fields=["outcome", "-seq"],
                name="jobs_event_by_outcome",
                condition=~models.Q(outcome=""),
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.seq}: {self.verb}"


class AuditPersonal(models.Model):
    """A personal value that an event carries as SHA-256(salt ‖ value).

    Deleting these rows erases a person from the history and leaves the chain as it was.
    """

    event_seq = models.PositiveBigIntegerField()
    field = models.CharField(max_length=40)
    user_id = models.BigIntegerField(null=True, db_index=True)
    salt = models.CharField(max_length=32)
    value = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event_seq", "field"], name="jobs_auditpersonal_one_value_a_field"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} of event {self.event_seq}"


class AuditHead(models.Model):
    """The end of the chain: one row, locked while events are appended."""

    seq = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="jobs_audithead_only_one"),
        ]

    def __str__(self) -> str:
        return f"head at {self.seq}"


class AuditCheckpoint(Leased):
    """A signed statement that event `seq` had this hash, made to leave the machine.

    `text` is exactly what was signed. Who holds the database can delete these rows, which is
    why they are sent away; who lacks the signing key cannot make one.
    """

    seq = models.PositiveBigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    text = models.TextField()
    signature = models.CharField(max_length=128)
    public_key = models.CharField(max_length=64)
    delivered_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["seq"]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="jobs_checkpoint_to_deliver",
                condition=models.Q(delivered_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"checkpoint at event {self.seq}"


class Verification(Leased):
    """One check of the whole history by the worker, a piece at a time.

    `position` is the last event that was found good, its exchanges too, so that any worker can go
    on from there. `exchanges_position` says the same again, for workers of the release before,
    which checked exchanges in a second walk.
    """

    requested_by_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    up_to = models.PositiveBigIntegerField()
    up_to_hash = models.CharField(max_length=64)
    position = models.PositiveBigIntegerField(default=0)
    position_hash = models.CharField(max_length=64)
    exchanges_position = models.PositiveBigIntegerField(default=0)
    bad_seq = models.PositiveBigIntegerField(null=True, blank=True)
    fault = models.CharField(max_length=16, choices=Fault.choices, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["id"],
                name="jobs_verification_open",
                condition=models.Q(finished_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"verification {self.pk} up to event {self.up_to}"
