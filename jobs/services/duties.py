"""The recurring work of a workspace: who does it now, and when it is due again."""

from datetime import timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from jobs.choices import DutyKind
from jobs.models import Duty, Workspace
from jobs.services import leases


def establish(workspace: Workspace) -> None:
    """Give a new workspace its duties, due at once."""
    now = timezone.now()
    Duty.objects.bulk_create(
        [Duty(workspace=workspace, kind=kind, due_at=now) for kind in DutyKind.values]
    )


def claim(kind: DutyKind, worker: str, work: QuerySet[Any] | None = None) -> Duty | None:
    """Take one due duty; with `work`, only in a workspace (`workspace`) that has some.

    A workspace that DashScope asked to leave alone, or that is in trouble, is passed over
    until its back-off ends.
    """
    now = timezone.now()
    due = (
        Duty.objects.select_related("workspace")
        .filter(Q(workspace__retry_at=None) | Q(workspace__retry_at__lte=now))
        .filter(kind=kind, due_at__lte=now)
        .order_by("due_at", "pk")
    )
    if work is not None:
        due = due.filter(Exists(work.filter(workspace=OuterRef("workspace"))))
    return leases.claim(due, worker)


def finish(duty: Duty, *, again_in_seconds: float, calls: int, duration_seconds: float) -> None:
    """Give the duty back, due again in a while, or at once if it was hastened meanwhile: what it
    was hastened for may have come too late to be done. Raises LeaseLost if another worker took
    it."""
    now = timezone.now()
    leases.write_back(
        duty,
        due_at=Case(
            When(due_at=duty.due_at, then=Value(now + timedelta(seconds=again_in_seconds))),
            default=F("due_at"),
        ),
        done_at=now,
        calls=calls,
        duration_ms=int(duration_seconds * 1000),
        **leases.RELEASED,
    )


def hasten(workspace: Workspace, kind: DutyKind) -> None:
    """Make the duty due now, because there is something to do or somebody asked."""
    Duty.objects.filter(workspace=workspace, kind=kind).update(due_at=timezone.now())
