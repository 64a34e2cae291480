"""System checks: settings that would break a promise are named before anything runs."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from jobs.services import upstream


def base_url_is_safe(**_kwargs: Any) -> list[CheckMessage]:
    """DASHSCOPE_BASE_URL carries a key: https, or loopback."""
    try:
        upstream.checked_base_url(settings.DASHSCOPE_BASE_URL)
    except ValueError as refused:
        return [Error(f"DASHSCOPE_BASE_URL: {refused}", id="jobs.E001")]
    return []


def calls_end_before_leases(**_kwargs: Any) -> list[CheckMessage]:
    """A call that outlives its lease would be called unknown while it still runs."""
    allowed = settings.DASHSCOPE_CONNECT_TIMEOUT_SECONDS + settings.DASHSCOPE_READ_TIMEOUT_SECONDS
    if allowed < settings.LEASE_SECONDS:
        return []
    return [
        Warning(
            "LEASE_SECONDS is not longer than the connect and read timeouts together.",
            hint="Calls are cut short so that they end within the lease; raise LEASE_SECONDS or "
            "lower the timeouts.",
            id="jobs.W001",
        )
    ]


def register_checks() -> None:
    """Make `manage.py check` and every command run these."""
    register(base_url_is_safe)
    register(calls_end_before_leases)
