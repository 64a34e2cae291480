"""Bodies of old exchanges go only if asked, never early, and stay provable."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.choices import Verb
from jobs.models import AuditEvent, Exchange, User, Workspace
from jobs.services import chain_verification, retention
from tests.audit.histories import make_history

OLD = timedelta(days=400)


@pytest.fixture(autouse=True)
def _history(workspace: Workspace, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr("tests.making.timezone.now", lambda: now - OLD)
    make_history(workspace, alice)
    monkeypatch.undo()


def test_everything_is_kept_unless_the_settings_say_otherwise() -> None:
    assert not retention.prune_next("worker 1")
    assert Exchange.objects.exclude(response_body="").count() == 2


def test_old_bodies_go_and_the_history_verifies_still(settings: Any) -> None:
    settings.AUDIT_KEEP_BODIES_DAYS = 365

    assert retention.prune_next("worker 1")

    assert not Exchange.objects.exclude(response_body="", request_body="").exists()
    assert AuditEvent.objects.latest("seq").verb == Verb.BODIES_PRUNED
    chain_verification.verify([], lambda done, total: None)
    assert not retention.prune_next("worker 1")


def test_younger_bodies_stay(settings: Any) -> None:
    settings.AUDIT_KEEP_BODIES_DAYS = 401

    assert not retention.prune_next("worker 1")


def test_no_setting_goes_below_the_floor(settings: Any) -> None:
    settings.AUDIT_KEEP_BODIES_DAYS = 1
    Exchange.objects.update(finished_at=timezone.now() - timedelta(days=179))

    assert not retention.prune_next("worker 1")
