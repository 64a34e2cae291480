"""Sending checkpoints away: to a webhook, a file and the log, as the settings say."""

import logging
import os
from datetime import timedelta
from pathlib import Path

import requests
from django.conf import settings
from django.utils import timezone

from jobs.models import AuditCheckpoint
from jobs.services import checkpoints, leases

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 3600.0


class NotDelivered(Exception):
    """The checkpoint did not reach a place; the text says why."""


def deliver_next(worker: str) -> bool:
    """Send one due checkpoint everywhere, or note why not; False if none was due.

    A place may get a checkpoint twice when another place failed: it says the same.
    """
    waiting = AuditCheckpoint.objects.filter(delivered_at=None, due_at__lte=timezone.now())
    checkpoint = leases.claim(waiting.order_by("seq"), worker)
    if checkpoint is None:
        return False
    line = checkpoints.line_of(checkpoint)
    try:
        if settings.AUDIT_CHECKPOINT_WEBHOOK:
            _post(settings.AUDIT_CHECKPOINT_WEBHOOK, line)
        if settings.AUDIT_CHECKPOINT_FILE:
            _append(Path(settings.AUDIT_CHECKPOINT_FILE), line)
    except NotDelivered as failure:
        log.warning("the checkpoint of event %s did not leave: %s", checkpoint.seq, failure)
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(checkpoint.tries, 20))
        leases.write_back(
            checkpoint,
            tries=checkpoint.tries + 1,
            failure=str(failure)[:200],
            due_at=timezone.now() + timedelta(seconds=pause),
            **leases.RELEASED,
        )
        return True
    log.info("checkpoint %s", line)
    leases.write_back(checkpoint, delivered_at=timezone.now(), failure="", **leases.RELEASED)
    return True


def _post(url: str, line: str) -> None:
    with requests.Session() as session:
        # No proxy and no password from the environment: the address is the operator's own.
        session.trust_env = False
        try:
            answer = session.post(
                url,
                data=f"{line}\n".encode(),
                headers={"Content-Type": "application/json"},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            raise NotDelivered(type(error).__name__) from None
        with answer:
            if not 200 <= answer.status_code < 300:
                raise NotDelivered(f"the webhook answered {answer.status_code}")


def _append(path: Path, line: str) -> None:
    try:
        # One write, so that two workers' lines do not mix.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, f"{line}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise NotDelivered(f"{path}: {error.strerror}") from None
