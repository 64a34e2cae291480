"""Workers: that they are alive, which keys they can use, and what they do in what order."""

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.utils import timezone

from jobs.models import WorkerHeartbeat
from jobs.models.statements import Statement
from jobs.services import (
    audit_duties,
    discovery,
    following,
    key_checks,
    keys,
    leases,
    notice_delivery,
    notices,
    removal,
    sending,
    settling,
)

BEAT_SECONDS = 2.0
# A worker that was silent this long is taken for dead by /readyz and the pages.
SILENT_SECONDS = 15.0
FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Step:
    """One kind of work: `run` does one due piece of it and says whether there was any."""

    label: str
    run: Callable[[str], bool]
    hands: int = 1
    idle_seconds: float = 1.0
    """How long a hand that found nothing waits before it looks again."""


# They run side by side, so that a call that hangs holds up only its own kind; sending has
# several hands, and a submission leaves within half a second.
STEPS = (
    Step("send", sending.send_next, hands=4, idle_seconds=0.5),
    Step("notice dead senders", settling.notice_dead_senders),
    Step("settle", settling.settle_next),
    Step("follow", following.follow_next),
    Step("remove", removal.remove_next),
    Step("discover", discovery.discover_next),
    Step("check keys", key_checks.check_next),
    Step("keep the history", audit_duties.keep_next),
    Step("find notices", notices.find_next),
    Step("deliver notices", notice_delivery.deliver_next),
)


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
