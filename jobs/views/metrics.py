"""What Prometheus asks for: the figures of services/figures.py in its text form."""

import hmac
import ipaddress
import logging
from collections.abc import Iterator
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from jobs.services.figures import Figure, figures

log = logging.getLogger(__name__)

PREFIX = "import_desk_"
# One line for each figure; docs/operations.md says what to do about which.
MEANINGS = {
    "open_jobs": "Import jobs that have not come to an end.",
    "open_attempts": "Creates that are not settled: state unknown and conflict want a person.",
    "open_attempts_oldest_seconds": "Age of the oldest of them.",
    "open_deletions": "Deletions that are not settled.",
    "open_deletions_oldest_seconds": "Age of the oldest of them.",
    "duty_done_age_seconds": "Since the duty was last done; follow is done only for open jobs.",
    "duty_duration_seconds": "How long that took; for follow, the length of the sweep.",
    "duty_calls": "How many calls to DashScope that took.",
    "dashscope_heard_age_seconds": "Since DashScope last answered for the workspace.",
    "dashscope_latency_seconds": "How long its last answer took.",
    "dashscope_failures_in_a_row": "Reading calls that failed since the last one that worked.",
    "dashscope_failing_seconds": "How long they have been failing, with the last code.",
    "dashscope_recent_calls": "Calls about single jobs in the last five minutes.",
    "dashscope_recent_seconds_mean": "How long those took on average.",
    "dashscope_recent_seconds_max": "How long the longest of those took.",
    "workers_alive": "Workers that were heard in the last fifteen seconds.",
    "worker_heard_age_seconds": "Since a worker that did not say goodbye was last heard.",
    "lease_losses": "Write-backs refused because another worker had taken over, of all workers "
    "of the last week.",
    "history_head": "The number of the last event of the history.",
    "history_checkpoints_undelivered": "Signed checkpoints that have not left this machine.",
    "history_checkpoint_waits_seconds": "Age of the oldest of them.",
    "history_verified_age_seconds": "Since the worker last verified the whole history.",
    "history_bad_event": "The first bad event that it found, or 0.",
}


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for whoever holds METRICS_TOKEN or, while none is set, asks on loopback."""
    if not _may_read(request):
        status = HTTPStatus.UNAUTHORIZED if settings.METRICS_TOKEN else HTTPStatus.FORBIDDEN
        headers = {"WWW-Authenticate": "Bearer"} if settings.METRICS_TOKEN else {}
        return HttpResponse(
            "Import Desk gives its figures on loopback, or for METRICS_TOKEN if it is set.\n",
            status=status,
            headers=headers,
            content_type="text/plain",
        )
    registry = CollectorRegistry()
    try:
        registry.register(_Reader(list(figures())))
    except DatabaseError as error:
        log.warning("no figures: the database does not answer: %s", error)
        return HttpResponse(
            "The database does not answer.\n", status=503, content_type="text/plain"
        )
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Reader(Collector):
    def __init__(self, read: list[Figure]) -> None:
        self._read = read

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, meaning in MEANINGS.items():
            found = [figure for figure in self._read if figure.name == name]
            labels = sorted(found[0].labels) if found else []
            family = GaugeMetricFamily(PREFIX + name, meaning, labels=labels)
            for figure in found:
                family.add_metric([figure.labels[label] for label in labels], figure.value)
            yield family


def _may_read(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())
    # What a proxy on this machine passes on comes from loopback too, but not from here.
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False  # a Unix socket, behind which there is a proxy
