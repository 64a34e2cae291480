"""The way to DashScope: a workspace's client, and what is known of how it answers."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from jobs.choices import Region
from jobs.dashscope import DashScopeError, Exchange, Timeouts
from jobs.dashscope.regions import REGIONS, checked_base_url
from jobs.models import Workspace
from jobs.services import keys

if TYPE_CHECKING:
    from jobs.dashscope.client import Client

LONGEST_BACK_OFF_SECONDS = 300.0
# A call ends well before the lease under which it is made, so that its answer can be written.
SHARE_OF_LEASE = 0.8

__all__ = ["Upstream", "base_url", "checked_base_url", "connect", "host", "longest_call_seconds"]


@dataclass(frozen=True)
class Upstream:
    """A workspace's DashScope as one worker reaches it."""

    client: "Client"
    host: str
    key_fingerprint: str


def base_url(workspace: Workspace) -> str:
    """Where the workspace's calls go."""
    if workspace.region == Region.ENVIRONMENT:
        return str(settings.DASHSCOPE_BASE_URL)
    return next(region.base_url for region in REGIONS if region.name == workspace.region)


def host(workspace: Workspace) -> str:
    """The host, and the port if it is not the usual one."""
    return urlsplit(base_url(workspace)).netloc


def connect(workspace: Workspace) -> Upstream:
    """A client for the workspace. Raises keys.KeyMissing, and ValueError for an unusable key
    or address; nothing has been sent then."""
    # The pages know upstream too, and call nothing: `requests` is 9 MB of memory.
    from jobs.dashscope.client import Client

    key = keys.api_key(workspace)
    read = settings.DASHSCOPE_READ_TIMEOUT_SECONDS
    connecting = settings.DASHSCOPE_CONNECT_TIMEOUT_SECONDS
    client = Client(
        base_url=base_url(workspace),
        api_key=key,
        timeouts=Timeouts(
            connect_seconds=connecting, read_seconds=read, total_seconds=longest_call_seconds()
        ),
        proxy=settings.DASHSCOPE_PROXY or None,
    )
    return Upstream(client, host(workspace), keys.fingerprint(key))


def longest_call_seconds() -> float:
    """No call takes longer: both timeouts together, and never most of a lease."""
    both = settings.DASHSCOPE_CONNECT_TIMEOUT_SECONDS + settings.DASHSCOPE_READ_TIMEOUT_SECONDS
    return float(min(both, SHARE_OF_LEASE * settings.LEASE_SECONDS))


def note_answer(workspace: Workspace, upstream: Upstream, exchange: Exchange) -> None:
    """Remember that DashScope answered; whatever was wrong before is over."""
    Workspace.objects.filter(pk=workspace.pk).update(
        host=upstream.host,
        key_fingerprint=upstream.key_fingerprint,
        last_heard_at=exchange.finished_at,
        latency_ms=exchange.duration_ms,
        failing_since=None,
        failures=0,
        failure_code="",
        failure_message="",
        retry_at=None,
    )


def note_trouble(workspace: Workspace, code: str, message: str, *, wait_seconds: float = 0) -> None:
    """Back the workspace's reading calls off, longer each time, with jitter.

    `wait_seconds` is what DashScope asked for; it is honoured up to the longest back-off.
    """
    now = timezone.now()
    failures = workspace.failures + 1
    pause = min(LONGEST_BACK_OFF_SECONDS, settings.FOLLOW_INTERVAL_SECONDS * 2 ** min(failures, 10))
    pause = max(min(wait_seconds, LONGEST_BACK_OFF_SECONDS), pause * random.uniform(0.5, 1.0))
    Workspace.objects.filter(pk=workspace.pk).update(
        failing_since=workspace.failing_since or now,
        failures=F("failures") + 1,
        failure_code=code[:80],
        failure_message=message,
        retry_at=now + timedelta(seconds=pause),
    )
    workspace.refresh_from_db()


def note_error(workspace: Workspace, upstream: Upstream, error: DashScopeError) -> None:
    """Remember a reading call that did not give what was asked for."""
    wait = error.exchange.retry_after_seconds or 0.0
    note_trouble(workspace, error.code or error.reason, str(error), wait_seconds=wait)
    Workspace.objects.filter(pk=workspace.pk).update(
        host=upstream.host, key_fingerprint=upstream.key_fingerprint
    )
