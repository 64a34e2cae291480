"""What an operator watches, read from the database when asked: the same from every process.

Each query reads the few rows that are open or recent, through an index made for them, so that
the cost doesn't grow with the history. Nothing here is secret: names, counts and times.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Case, Count, Max, Min, OuterRef, Q, Subquery, Sum, Value, When
from django.utils import timezone

from jobs.choices import OPEN_ATTEMPT_STATES, OPEN_DELETION_STATES, OPEN_STATUSES
from jobs.models import (
    Attempt,
    AuditCheckpoint,
    AuditHead,
    Deletion,
    Duty,
    Exchange,
    ImportJob,
    Verification,
    WorkerHeartbeat,
    Workspace,
)
from jobs.services import workers

# Calls are counted over the last minutes, of which Prometheus asks several times.
RECENT = timedelta(minutes=5)
AGES = (
    ("under 10 minutes", timedelta(minutes=10)),
    ("under an hour", timedelta(hours=1)),
    ("under a day", timedelta(days=1)),
)
OLDEST = "a day and more"


@dataclass(frozen=True)
class Figure:
    """One number, and what it is of: label names and values."""

    name: str
    value: float
    labels: dict[str, str]


def figures() -> Iterator[Figure]:
    """Every figure, in eleven queries. Raises DatabaseError when the database does not answer."""
    now = timezone.now()
    slugs = dict(Workspace.objects.values_list("pk", "slug"))
    yield from _open_jobs(now, slugs)
    yield from _open_work(now)
    yield from _duties(now, slugs)
    yield from _upstream(now)
    yield from _recent_calls(now, slugs)
    yield from _workers(now)
    yield from _history(now)


def _open_jobs(now: datetime, slugs: dict[int, str]) -> Iterator[Figure]:
    ages = [When(created_at__gt=now - limit, then=Value(age)) for age, limit in AGES]
    counted = (
        ImportJob.objects.open_in(OPEN_STATUSES)
        .filter(gone_at=None, deleted_at=None)
        .annotate(age=Case(*ages, default=Value(OLDEST)))
        .values("workspace_id", "status", "age")
        .annotate(count=Count("pk"))
        .order_by()
    )
    for row in counted:
        labels = {
            "workspace": slugs[row["workspace_id"]],
            "status": row["status"],
            "age": row["age"],
        }
        yield Figure("open_jobs", row["count"], labels)


def _open_work(now: datetime) -> Iterator[Figure]:
    """Creates and deletions that are not settled, those with an unknown outcome among them."""
    attempts = Attempt.objects.open_in(*OPEN_ATTEMPT_STATES)
    deletions = Deletion.objects.filter(state__among=OPEN_DELETION_STATES)
    for kind, rows in (("attempts", attempts), ("deletions", deletions)):
        counted = rows.values("state").annotate(count=Count("pk"), first=Min("created_at"))
        for row in counted.order_by():
            labels = {"state": row["state"]}
            yield Figure(f"open_{kind}", row["count"], labels)
            yield Figure(f"open_{kind}_oldest_seconds", _since(row["first"], now), labels)


def _duties(now: datetime, slugs: dict[int, str]) -> Iterator[Figure]:
    for duty in Duty.objects.all():
        labels = {"workspace": slugs[duty.workspace_id], "duty": duty.kind}
        if duty.done_at is not None and duty.duration_ms is not None:
            yield Figure("duty_done_age_seconds", _since(duty.done_at, now), labels)
            yield Figure("duty_duration_seconds", duty.duration_ms / 1000, labels)
            yield Figure("duty_calls", duty.calls, labels)


def _upstream(now: datetime) -> Iterator[Figure]:
    for workspace in Workspace.objects.all():
        labels = {"workspace": workspace.slug}
        if workspace.last_heard_at:
            yield Figure(
                "dashscope_heard_age_seconds", _since(workspace.last_heard_at, now), labels
            )
        if workspace.latency_ms is not None:
            yield Figure("dashscope_latency_seconds", workspace.latency_ms / 1000, labels)
        yield Figure("dashscope_failures_in_a_row", workspace.failures, labels)
        if workspace.failing_since:
            code = {"code": workspace.failure_code}
            yield Figure(
                "dashscope_failing_seconds", _since(workspace.failing_since, now), labels | code
            )


def _recent_calls(now: datetime, slugs: dict[int, str]) -> Iterator[Figure]:
    """Calls about single jobs; lists are not kept one by one, their troubles are above."""
    recent = Exchange.objects.filter(bodies_pruned_at=None, finished_at__gt=now - RECENT)
    # Not by a join, which could begin with all jobs there are.
    workspace = ImportJob.objects.filter(pk=OuterRef("job")).values("workspace_id")
    counted = (
        recent.annotate(workspace_id=Subquery(workspace))
        .values("workspace_id", "call", "outcome", "status_code", "reason")
        .annotate(count=Count("pk"), mean=Avg("duration_ms"), longest=Max("duration_ms"))
        .order_by()
    )
    for row in counted:
        labels = {
            "workspace": slugs[row["workspace_id"]],
            "call": row["call"],
            "outcome": row["outcome"],
            "code": str(row["status_code"] or row["reason"]),
        }
        yield Figure("dashscope_recent_calls", row["count"], labels)
        yield Figure("dashscope_recent_seconds_mean", row["mean"] / 1000, labels)
        yield Figure("dashscope_recent_seconds_max", row["longest"] / 1000, labels)


def _workers(now: datetime) -> Iterator[Figure]:
    since = now - timedelta(seconds=workers.SILENT_SECONDS)
    said = WorkerHeartbeat.objects.aggregate(
        alive=Count("pk", filter=Q(stopped_at=None, seen_at__gt=since)),
        seen=Max("seen_at", filter=Q(stopped_at=None)),
        losses=Sum("lease_losses"),
    )
    yield Figure("workers_alive", said["alive"], {})
    yield Figure("lease_losses", said["losses"] or 0, {})
    if said["seen"]:
        yield Figure("worker_heard_age_seconds", _since(said["seen"], now), {})


def _history(now: datetime) -> Iterator[Figure]:
    head = AuditHead.objects.filter(pk=1).first()
    yield Figure("history_head", head.seq if head else 0, {})
    waiting = AuditCheckpoint.objects.filter(delivered_at=None).aggregate(
        count=Count("pk"), first=Min("at")
    )
    yield Figure("history_checkpoints_undelivered", waiting["count"], {})
    yield Figure("history_checkpoint_waits_seconds", _since(waiting["first"], now), {})
    checked = Verification.objects.exclude(finished_at=None).order_by("-id").first()
    if checked and checked.finished_at:
        yield Figure("history_verified_age_seconds", _since(checked.finished_at, now), {})
        yield Figure("history_bad_event", checked.bad_seq or 0, {})


def _since(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0
