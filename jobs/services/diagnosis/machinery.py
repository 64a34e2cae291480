"""The workers, the keys and DashScope."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from jobs.dashscope import DashScopeError
from jobs.models import Workspace
from jobs.services import keys, second_factor, single_sign_on, upstream, workers
from jobs.services.diagnosis.finding import Finding

# How far a clock may be off. Leases and the search for a lost answer reckon in tens of seconds.
CLOCK_ALLOWANCE_SECONDS = 5.0


def worker_is_alive() -> Iterator[Finding]:
    """Nothing is sent without one."""
    if alive := workers.alive():
        yield Finding.ok("worker", f"{len(alive)} at work.")
        return
    last = workers.last_heard_at()
    told = f"None was heard since {last:%Y-%m-%d %H:%M:%S %Z}." if last else "None is at work."
    yield Finding.failed(
        "worker", told, "Start `manage.py run_worker`, and read its log if it ended by itself."
    )


def workspaces_have_keys() -> Iterator[Finding]:
    """Each workspace's key is here or at a worker that is alive."""
    here = {reference for reference in keys.references() if keys.key_of(reference)}
    elsewhere = {reference for worker in workers.alive() for reference in worker.key_fingerprints}
    for workspace in Workspace.objects.all():
        if workspace.key_reference in elsewhere:
            yield Finding.ok("key", f"A worker holds the key of {workspace.slug}.")
        elif workspace.key_reference in here:
            yield Finding.ok("key", f"{workspace.key_setting} is set here.")
        else:
            yield Finding.failed(
                "key",
                f"Nobody holds the key of {workspace.slug}.",
                f"Set {workspace.key_setting} or {workspace.key_setting}_FILE where the worker "
                "runs, and start the worker again.",
            )


def single_sign_on_names_workspaces() -> Iterator[Finding]:
    """A mapping to a workspace that is not there grants nothing. Mappings that mean nothing are
    among the settings."""
    with suppress(ValueError):
        slugs = {mapping.slug for mapping in single_sign_on.mappings() if mapping.slug}
        known = Workspace.objects.filter(slug__in=slugs).values_list("slug", flat=True)
        for slug in sorted(slugs.difference(known)):
            yield Finding.warning(
                "single sign-on",
                f"SSO_ROLES names the workspace {slug}, which does not exist.",
                "Correct SSO_ROLES, or make the workspace on its settings page.",
            )


def second_factors_can_be_read() -> Iterator[Finding]:
    """A secret that was sealed under another key answers no code."""
    if settings.SECOND_FACTOR_ON and (names := second_factor.unreadable()):
        yield Finding.failed(
            "second factor",
            f"TOKEN_DIGEST_KEY changed since it was set up by {', '.join(names)}.",
            "Set the old TOKEN_DIGEST_KEY again, or run `manage.py remove_second_factor` for each.",
        )


def clocks_agree() -> Iterator[Finding]:
    """PostgreSQL may run on another machine; SQLite has no clock of its own."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
    yield _clock("the database's", abs(timezone.now() - there))


def dashscope_answers() -> Iterator[Finding]:
    """The keys that are here work, and DashScope's clock agrees with ours."""
    asked = False
    for workspace in Workspace.objects.all():
        if keys.key_of(workspace.key_reference):
            asked = True
            yield from _ask(workspace)
    if not asked:
        yield Finding.warning(
            "DashScope",
            "No key is here, so it was not asked.",
            "Run this where the worker runs, with the worker's environment.",
        )


def _ask(workspace: Workspace) -> Iterator[Finding]:
    try:
        way = upstream.connect(workspace)
        with way.client:
            answered = way.client.list(page_size=1).exchange
    except ValueError as unusable:
        yield Finding.failed(
            "DashScope", f"{workspace.key_setting} is unfit: {unusable}", "Correct it."
        )
        return
    except DashScopeError as error:
        yield Finding.failed(
            "DashScope",
            f"The key of {workspace.slug} does not work at {way.host}: {error}",
            "InvalidApiKey is also said of a key of the other region. The page of the workspace's "
            "settings explains each code.",
        )
        return
    told = f"The key of {workspace.slug} works at {way.host}, in {answered.duration_ms} ms."
    yield Finding.ok("DashScope", told)
    if answered.server_date is None:
        return
    # The header has whole seconds, and was written somewhere between question and answer.
    apart = abs(timezone.now() - answered.server_date)
    yield _clock("DashScope's", apart - timedelta(milliseconds=answered.duration_ms))


def _clock(whose: str, apart: timedelta) -> Finding:
    if apart > timedelta(seconds=CLOCK_ALLOWANCE_SECONDS):
        return Finding.failed(
            "clock",
            f"This machine's clock is {apart.total_seconds():.0f} s away from {whose}.",
            "Keep every clock with NTP: leases and the search for a lost answer go by the time.",
        )
    return Finding.ok("clock", f"It agrees with {whose}.")
