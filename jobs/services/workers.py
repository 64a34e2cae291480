"""Workers: that they are alive, and which keys they can use."""

import os
import secrets
import socket
from datetime import datetime, timedelta
from functools import cache

from django.utils import timezone

from jobs.models import WorkerHeartbeat
from jobs.models.statements import Statement
from jobs.services import keys, leases

BEAT_SECONDS = 2.0
# A worker that was silent this long is taken for dead by /readyz and the pages.
SILENT_SECONDS = 15.0
FORGOTTEN_AFTER = timedelta(days=7)


def new_name() -> str:
    """A name for this process that no other worker has had or will have."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def beat(name: str) -> None:
    """Say that the worker is alive, and which key references it can use, by fingerprint."""
    now = timezone.now()
    fingerprints = {
        reference: keys.fingerprint(key)
        for reference in keys.references()
        if (key := keys.key_of(reference))
    }
    said = {
        "seen_at": now,
        "key_fingerprints": fingerprints,
        "lease_losses": leases.losses(),
    }
    WorkerHeartbeat.objects.update_or_create(
        name=name, defaults=said, create_defaults=said | {"started_at": now}
    )


def part(name: str) -> None:
    """Say that the worker ended in good order, and forget those that ended long ago."""
    WorkerHeartbeat.objects.filter(name=name).update(stopped_at=timezone.now())
    WorkerHeartbeat.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


def last_heard_at() -> datetime | None:
    """When a worker that has not said goodbye was last heard. One query."""
    return next((seen_at for (seen_at,) in _last_heard().rows()), None)


@cache
def _last_heard() -> Statement:
    # Every page asks for it.
    heard = WorkerHeartbeat.objects.filter(stopped_at=None).order_by("-seen_at")
    return Statement.of(heard.values_list("seen_at")[:1])


def alive() -> list[WorkerHeartbeat]:
    """The workers that were heard a moment ago."""
    since = timezone.now() - timedelta(seconds=SILENT_SECONDS)
    return list(WorkerHeartbeat.objects.filter(stopped_at=None, seen_at__gt=since))


def is_recent(heard_at: datetime | None) -> bool:
    """Whether a worker that was last heard then is alive."""
    return heard_at is not None and timezone.now() - heard_at < timedelta(seconds=SILENT_SECONDS)
