from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from jobs.choices import DutyKind
from jobs.models import Duty, WorkerHeartbeat, Workspace
from jobs.services.figures import figures
from jobs.views.metrics import MEANINGS, PREFIX
from tests.making import make_attempt, make_exchange, make_job

TOKEN = "a-token-of-the-metrics"


def read(client: Client) -> dict[tuple[str, ...], float]:
    """Every sample: its name without the prefix, its label values, its value."""
    response = client.get("/metrics")
    assert response.status_code == 200
    return {
        (
            sample.name.removeprefix(PREFIX),
            *(sample.labels[name] for name in sorted(sample.labels)),
        ): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_it_counts_open_jobs_by_workspace_status_and_age(
    client: Client, workspace: Workspace
) -> None:
    day_before = timezone.now() - timedelta(hours=30)
    make_job(workspace, status="running")
    make_job(workspace, status="running", created_at=day_before)
    make_job(workspace, status="succeeded")
    make_job(workspace, status="running", gone_at=timezone.now())

    samples = read(client)

    found = {key[1:]: value for key, value in samples.items() if key[0] == "open_jobs"}
    assert found == {
        ("under 10 minutes", "running", "main"): 1,
        ("a day and more", "running", "main"): 1,
    }


def test_it_tells_unknown_outcomes_and_how_long_they_last(
    client: Client, workspace: Workspace
) -> None:
    job = make_job(workspace, status="unconfirmed")
    make_attempt(job, created_at=timezone.now() - timedelta(minutes=3))

    samples = read(client)

    assert samples["open_attempts", "unknown"] == 1
    assert samples["open_attempts_oldest_seconds", "unknown"] == pytest.approx(180, abs=30)


def test_it_tells_what_the_workers_did(client: Client, workspace: Workspace) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(name="w1", started_at=now, seen_at=now, lease_losses=2)
    WorkerHeartbeat.objects.create(name="w2", started_at=now, seen_at=now - timedelta(hours=1))
    Duty.objects.filter(kind=DutyKind.FOLLOW).update(done_at=now, duration_ms=1500, calls=7)

    samples = read(client)

    assert samples["workers_alive",] == 1
    assert samples["lease_losses",] == 2
    assert samples["duty_duration_seconds", "follow", "main"] == 1.5
    assert samples["duty_calls", "follow", "main"] == 7


def test_it_counts_recent_calls_by_outcome_and_code(client: Client, workspace: Workspace) -> None:
    job = make_job(workspace)
    long_ago = timezone.now() - timedelta(minutes=6)
    for milliseconds in (100, 300):
        make_exchange(job, call="get", duration_ms=milliseconds)
    make_exchange(job, outcome="rejected", status_code=429, duration_ms=50)
    make_exchange(job, outcome="unknown", status_code=None, reason="read_timeout", duration_ms=9)
    make_exchange(job, started_at=long_ago, finished_at=long_ago)

    samples = read(client)

    found = {
        key[1:3]: value for key, value in samples.items() if key[0] == "dashscope_recent_calls"
    }
    assert found == {("get", "200"): 2, ("create", "429"): 1, ("create", "read_timeout"): 1}
    assert samples["dashscope_recent_seconds_mean", "get", "200", "answered", "main"] == 0.2
    assert samples["dashscope_recent_seconds_max", "get", "200", "answered", "main"] == 0.3


def test_it_names_the_code_with_which_dashscope_fails(client: Client, workspace: Workspace) -> None:
    since = timezone.now() - timedelta(minutes=2)
    Workspace.objects.update(failing_since=since, failures=3, failure_code="InvalidApiKey")

    samples = read(client)

    assert samples["dashscope_failures_in_a_row", "main"] == 3
    failing = samples["dashscope_failing_seconds", "InvalidApiKey", "main"]
    assert failing == pytest.approx(120, abs=30)


def test_every_figure_has_a_meaning_and_more_jobs_cost_no_more_queries(
    workspace: Workspace, django_assert_num_queries: Any
) -> None:
    for status in ("running", "unconfirmed", "succeeded"):
        make_attempt(make_job(workspace, status=status))

    with django_assert_num_queries(11):
        found = list(figures())

    assert {figure.name for figure in found} <= set(MEANINGS)


def test_another_machine_may_not_read_it(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 403


def test_what_a_proxy_on_this_machine_passes_on_is_not_from_here(client: Client) -> None:
    response = client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})

    assert response.status_code == 403


def test_a_token_is_wanted_from_everywhere_once_it_is_set(
    client: Client, db: None, settings: Any
) -> None:
    settings.METRICS_TOKEN = TOKEN

    without = client.get("/metrics")
    wrong = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}é"})
    right = client.get(
        "/metrics", REMOTE_ADDR="192.0.2.1", headers={"authorization": f"Bearer {TOKEN}"}
    )

    assert (without.status_code, wrong.status_code, right.status_code) == (401, 401, 200)
    assert without["WWW-Authenticate"] == "Bearer"
    assert TOKEN.encode() not in right.content


def test_it_says_so_when_the_database_does_not_answer(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("could not connect")

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "cursor", refuse)
        response = client.get("/metrics")

    assert response.status_code == 503
