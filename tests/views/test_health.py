from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.utils import timezone

from jobs.models import WorkerHeartbeat


def beat(seconds_ago: int = 0) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(
        name="w", started_at=now, seen_at=now - timedelta(seconds=seconds_ago)
    )


def test_the_process_answers_without_a_database(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_it_is_ready_with_a_live_worker(client: Client, db: None) -> None:
    beat()

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "database": "ok",
        "migrations": "ok",
        "worker": "ok",
    }


def test_it_is_not_ready_while_the_worker_is_silent(client: Client, db: None) -> None:
    beat(seconds_ago=60)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["worker"] == "silent"


def test_it_is_not_ready_before_every_migration_ran(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat()
    monkeypatch.setattr(
        "django.db.migrations.recorder.MigrationRecorder.applied_migrations", lambda self: {}
    )

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["migrations"] == "missing"


def test_it_is_not_ready_without_its_database(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("could not connect")

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "cursor", refuse)
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"
