"""One key, used for everything, and then looked for everywhere."""

import io
import logging
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from jobs.actors import Actor
from jobs.choices import ActorKind
from jobs.models import AuditEvent, ImportJob, User, Workspace
from jobs.services import key_checks, submission, upstream
from jobs.simulator import Simulator
from tests.api.calling import FIELDS, Script
from tests.making import make_exchange
from tests.security.rows import ROWS

CANARY = "sk-c4n4ry7f3a9b51d2e8"
FAULTS = (
    {"kind": "envelope", "status": 401, "code": "InvalidApiKey", "message": "Invalid API-key."},
    {"kind": "envelope", "status": 500, "code": "InternalError"},
    {"kind": "reset", "accepted": True},
    {"kind": "garbage"},
    {"kind": "html"},
)


@pytest.fixture
def past(
    simulator: Simulator,
    workspace: Workspace,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> ImportJob:
    """What became of imports, answers of every kind and a key's check, all under the key."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", CANARY)
    settings.SETTLE_PERIOD_SECONDS = 0.0
    actor = Actor(kind=ActorKind.PERSON, label=alice.label, user_id=alice.pk)
    key_checks.ask(workspace, actor=actor)
    for number, fault in enumerate(({}, *FAULTS)):
        if fault:
            simulator.fault(call="create", **fault)
        path = f"models/number-{number}/"
        submission.submit(workspace, FIELDS | {"object_key": path}, actor=actor)
        call_command("run_worker", "--once")
    return ImportJob.objects.exclude(remote_job_id="").earliest("id")


def written(caplog: pytest.LogCaptureFixture) -> str:
    return caplog.text + "".join(repr(vars(record)) for record in caplog.records)


def test_the_key_was_used(simulator: Simulator, past: ImportJob) -> None:
    assert len(simulator.requests(call="create")) == 1 + len(FAULTS)
    assert past.status != "rejected"
    assert ImportJob.objects.filter(error_code="InvalidApiKey").exists()


def test_it_is_in_no_row_and_in_no_line_of_the_log(
    caplog: pytest.LogCaptureFixture, past: ImportJob
) -> None:
    # The fixture's own lines were caught at the level that the site's settings ask for.
    with caplog.at_level(logging.DEBUG):
        call_command("run_worker", "--once")

    rows = {
        model._meta.label: repr(list(model._base_manager.values()))
        for model in apps.get_models(include_auto_created=True)
    }

    assert CANARY not in written(caplog)
    assert [label for label, text in rows.items() if CANARY in text] == []
    assert AuditEvent.objects.count() > len(FAULTS)


def test_it_is_on_no_page_and_in_no_answer(
    past: ImportJob, alice: User, client_of: Callable[[User], Client]
) -> None:
    stage = {
        "own": past.pk,
        "others": past.pk,
        "failed": ImportJob.objects.get(error_code="InvalidApiKey").pk,
        "conflict": past.pk,
        "exchange": past.exchanges.values_list("pk", flat=True)[0],
        "membership": alice.memberships.get().pk,
        "link": "none",
    }
    script, browser = Script(alice).client, client_of(alice)

    seen = {
        row.address: text_of(
            (script if row.name.startswith("api:") else browser).get(row.address.format(**stage))
        )
        for row in ROWS
        if row.method == "GET"
    }

    assert [address for address, text in seen.items() if CANARY in text] == []
    # What became of the key's own refusal is on pages, in answers and in exports.
    for address in ("/jobs/", "/api/v1/jobs", "/api/v1/audit/export", "/audit/export/zip/"):
        assert "InvalidApiKey" in seen[address], address
    assert "fingerprint" in seen["/settings/workspaces/"]


@pytest.mark.parametrize("debug", [False, True])
def test_it_is_in_no_traceback(
    past: ImportJob,
    alice: User,
    client_of: Callable[[User], Client],
    settings: Any,
    debug: bool,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.DEBUG = debug
    browser = client_of(alice)
    browser.raise_request_exception = False

    way = upstream.connect(alice.memberships.get().workspace)

    def broken(_workspace: Workspace) -> str:
        """A mistake with a client at hand, which is more than the web ever has."""
        raise RuntimeError(f"a mistake with {way!r}")

    monkeypatch.setattr(upstream, "host", broken)
    answer = browser.get("/settings/workspaces/")

    assert answer.status_code == 500
    assert ("a mistake with" in text_of(answer)) is debug
    assert CANARY not in text_of(answer)
    assert CANARY not in written(caplog)


def test_it_is_in_no_exchange_that_repeats_it(past: ImportJob) -> None:
    kept = make_exchange(past)

    assert "Authorization" not in repr(kept.response_headers)
    assert not any("Bearer" in exchange.request_body for exchange in past.exchanges.all())


def text_of(answer: Any) -> str:
    """Headers and body; of a zip the files, which are packed in it."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.headers.get("Content-Type") == "application/zip":
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            content = b"".join(bundle.read(name) for name in bundle.namelist())
    return content.decode(errors="replace") + repr(dict(answer.headers))
