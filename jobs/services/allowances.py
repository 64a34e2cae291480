"""How many requests the API takes in a minute: of each token, and of each address without one.

A token's count is a row, so that it holds across processes and machines. An address's is kept
by each web process: it slows guessing, which 256 random bits have made hopeless already.
"""

import ipaddress
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from jobs.models import Token

WINDOW_SECONDS = 60
# Each call of the API comes by. Written out, because composing it costs more than running it; one
# statement, so that no two requests take the same place.
_COUNT = """
    UPDATE jobs_token
    SET used_in_minute = CASE WHEN minute = %s THEN used_in_minute + 1 ELSE 1 END,
        minute = %s, last_used_at = %s
    WHERE id = %s AND (minute <> %s OR used_in_minute < %s)
"""


@dataclass(frozen=True)
class Allowance:
    """What is left of one minute; `granted` is False for the request that was too many."""

    granted: bool
    limit: int
    remaining: int
    reset_seconds: int


def take(token: Token) -> Allowance:
    """Count one request of the token, and that it was used now, unless it was too many."""
    minute, reset_seconds = _window()
    limit: int = settings.API_REQUESTS_PER_MINUTE
    used = token.used_in_minute if token.minute == minute else 0
    # A row that was read as full is not written: refused requests cost no write.
    granted = used < limit and _count(token, minute, limit)
    return Allowance(granted, limit, max(0, limit - used - 1), reset_seconds)


def _count(token: Token, minute: int, limit: int) -> bool:
    """Count it, unless others have used the minute up since the row was read."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [minute, minute, now, token.pk, minute, limit])
        return bool(cursor.rowcount)


def of_stranger(address: str) -> Allowance:
    """What is left to an address whose requests came without a valid token."""
    minute, reset_seconds = _window()
    limit: int = settings.API_REQUESTS_PER_MINUTE
    failed = cache.get(_key(address, minute), 0)
    return Allowance(failed < limit, limit, max(0, limit - failed), reset_seconds)


def count_failure(address: str) -> None:
    """Count one request that came without a valid token."""
    minute, _reset = _window()
    key = _key(address, minute)
    if not cache.add(key, 1, WINDOW_SECONDS):
        cache.incr(key)


def _window() -> tuple[int, int]:
    now = int(time.time())
    return now // WINDOW_SECONDS, WINDOW_SECONDS - now % WINDOW_SECONDS


def _key(address: str, minute: int) -> str:
    """One IPv6 customer has 2^64 addresses: they count as one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return f"api-failures:unknown:{minute}"
    if ip.version == 6:
        address = str(ipaddress.ip_network((ip, 64), strict=False).network_address)
    return f"api-failures:{address}:{minute}"
