"""Where the auditors' review stands. What was said, by whom and when, is in the history itself."""

from django.db import models


class ReviewMark(models.Model):
    """Up to which event the events of one workspace were reviewed.

    `workspace_id` 0 stands for the events that belong to no workspace. `marked_in` is the event
    that says who set the mark.
    """

    NO_WORKSPACE = 0

    workspace_id = models.PositiveBigIntegerField(primary_key=True)
    up_to = models.PositiveBigIntegerField()
    marked_in = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"reviewed up to event {self.up_to}"


class ReviewNote(models.Model):
    """That event `noted_in` is an auditor's note on event `event_seq`."""

    event_seq = models.PositiveBigIntegerField(db_index=True)
    noted_in = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ["noted_in"]

    def __str__(self) -> str:
        return f"note {self.noted_in} on event {self.event_seq}"
