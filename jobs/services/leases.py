"""Claiming due rows by lease, and writing back only while the lease is still held."""

import threading
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.errors import LeaseLost
from jobs.models.leases import Leased
from jobs.services import turns

Row = TypeVar("Row", bound=Leased)

_losses = 0
_counting = threading.Lock()


def claim(due: QuerySet[Row], owner: str) -> Row | None:
    """Take the first free row of `due` for LEASE_SECONDS, durably, or answer None.

    PostgreSQL skips rows that another worker is claiming; SQLite's IMMEDIATE transactions
    let one claim at a time through.
    """
    # Looked at outside a write transaction first: an idle worker must not lock SQLite.
    if not _free(due).exists():
        return None
    with turns.turn(), transaction.atomic(durable=True):
        row = _free(due).select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None  # another worker was quicker
        row.lease_owner = owner
        row.lease_number += 1
        row.lease_until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
        row.save(update_fields=["lease_owner", "lease_number", "lease_until"])
    # Whatever is logged while the row is worked on says which one it is.
    about = {"job": getattr(row, "job_id", None), "workspace": getattr(row, "workspace_id", None)}
    structlog.contextvars.bind_contextvars(
        **{name: value for name, value in about.items() if value}
    )
    return row


def losses() -> int:
    """How often this process found, on writing back, that another had taken its work over."""
    return _losses


def held(row: Leased) -> Q:
    """The condition under which a write-back may touch the row: the claim is still ours."""
    return Q(pk=row.pk, lease_owner=row.lease_owner, lease_number=row.lease_number)


def write_back(row: Leased, condition: Q | None = None, **changes: Any) -> None:
    """Change the row while the lease is held, or raise LeaseLost and change nothing.

    `row` itself stays as it was read: its transaction may still be rolled back, and the next
    try needs the lease that it was claimed with.
    """
    rows = type(row)._default_manager.filter(held(row) & (condition or Q()))
    if not rows.update(**changes):
        global _losses
        with _counting:
            _losses += 1
        raise LeaseLost(str(row))


def renew(row: Leased) -> None:
    """Hold on to the row for LEASE_SECONDS more once half is spent. Raises LeaseLost."""
    half = timedelta(seconds=settings.LEASE_SECONDS / 2)
    if row.lease_until is None or row.lease_until - timezone.now() < half:
        until = timezone.now() + 2 * half
        write_back(row, lease_until=until)
        row.lease_until = until


RELEASED: dict[str, Any] = {"lease_owner": "", "lease_until": None}


def _free(due: QuerySet[Row]) -> QuerySet[Row]:
    return due.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()))
