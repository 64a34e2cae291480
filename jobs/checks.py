"""System checks: settings that would break a promise are named before anything runs."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from jobs.services import chain_exchanges, checkpoints, second_factor, single_sign_on, upstream


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


def history_is_kept_safely(**_kwargs: Any) -> list[CheckMessage]:
    """The signing key is one, checkpoints leave over https, and bodies stay long enough."""
    problems: list[CheckMessage] = []
    try:
        checkpoints.signing_key()
    except ValueError as refused:
        problems.append(Error(str(refused), id="jobs.E002"))
    webhook = urlsplit(settings.AUDIT_CHECKPOINT_WEBHOOK)
    try:
        if webhook.geturl():
            upstream.checked_base_url(f"{webhook.scheme}://{webhook.netloc}")
    except ValueError as refused:
        problems.append(Error(f"AUDIT_CHECKPOINT_WEBHOOK: {refused}", id="jobs.E003"))
    if 0 < settings.AUDIT_KEEP_BODIES_DAYS < chain_exchanges.FLOOR.days:
        problems.append(
            Error("AUDIT_KEEP_BODIES_DAYS is 0, for ever, or at least 180.", id="jobs.E004")
        )
    return problems


def single_sign_on_is_whole(**_kwargs: Any) -> list[CheckMessage]:
    """Each provider that is named is known, installed and fully set up, and each role is one."""
    problems: list[CheckMessage] = []
    if settings.SSO_PROVIDERS and not settings.SSO_INSTALLED:
        problems.append(
            Error(
                "SSO_PROVIDERS is set, and the extra `sso` is not installed.",
                hint="Install requirements/sso.txt, or leave SSO_PROVIDERS empty.",
                id="jobs.E005",
            )
        )
    for name in settings.SSO_PROVIDERS:
        if name not in settings.PROVIDER_MODULES:
            known = ", ".join(settings.PROVIDER_MODULES)
            problems.append(Error(f"SSO_PROVIDERS: {name!r} is none of {known}.", id="jobs.E006"))
            continue
        needed = [f"SSO_{name.upper()}_CLIENT_ID", f"SSO_{name.upper()}_CLIENT_SECRET"]
        if name == "oidc":
            needed.append("SSO_OIDC_SERVER_URL")
        problems += [
            Error(f"{setting} is not set, and SSO_PROVIDERS names {name}.", id="jobs.E007")
            for setting in needed
            if not getattr(settings, setting)
        ]
    for setting in ("SSO_OIDC_SERVER_URL", "SSO_FEISHU_SERVER_URL"):
        server = urlsplit(getattr(settings, setting))
        try:
            if server.geturl():
                upstream.checked_base_url(f"{server.scheme}://{server.netloc}")
        except ValueError as refused:
            problems.append(Error(f"{setting}: {refused}", id="jobs.E008"))
    try:
        single_sign_on.mappings()
    except ValueError as refused:
        problems.append(Error(f"SSO_ROLES: {refused}", id="jobs.E009"))
    return problems


def second_factor_can_be_asked_for(**_kwargs: Any) -> list[CheckMessage]:
    """Where a second factor is wanted, what asks for it is installed."""
    if not second_factor.is_missing_its_package():
        return []
    return [
        Error(
            f"SECOND_FACTOR is {settings.SECOND_FACTOR}, and the extra `sso` is not installed.",
            hint="Nobody can sign in by password until it is. Install requirements/sso.txt, or set "
            "SECOND_FACTOR=off.",
            id="jobs.E010",
        )
    ]


def register_checks() -> None:
    """Make `manage.py check` and every command run these; the worker and the set-up run only
    what has the tag "jobs", because the other checks load every page."""
    register(base_url_is_safe, "jobs")
    register(calls_end_before_leases, "jobs")
    register(history_is_kept_safely, "jobs")
    register(single_sign_on_is_whole, "jobs")
    register(second_factor_can_be_asked_for, "jobs")
