"""Retention: the history keeps everything; bodies of old exchanges may go, if settings say so.

What was removed stays provable: the history holds the digests of every body.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from jobs import actors
from jobs.choices import Verb
from jobs.models import Exchange
from jobs.services import audit
from jobs.services.chain_exchanges import FLOOR

BATCH = 500


def prune_next(worker: str) -> bool:
    """Remove the bodies of some exchanges that are old enough; False if there were none."""
    days = settings.AUDIT_KEEP_BODIES_DAYS
    if not days:
        return False
    before = timezone.now() - max(FLOOR, timedelta(days=days))
    if not _with_bodies_before(before).exists():
        return False
    with audit.act(actors.worker(worker)) as act:
        oldest = _with_bodies_before(before).select_for_update(skip_locked=True)
        ids = list(oldest.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return False  # another worker has them in hand
        Exchange.objects.filter(pk__in=ids).update(
            request_body="", response_body="", bodies_pruned_at=timezone.now()
        )
        act.record(
            Verb.BODIES_PRUNED, data={"exchanges": ids, "finished_before": audit.utc_text(before)}
        )
    return True


def _with_bodies_before(before: datetime) -> QuerySet[Exchange]:
    return Exchange.objects.filter(bodies_pruned_at=None, finished_at__lt=before).order_by(
        "finished_at"
    )
