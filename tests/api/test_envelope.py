"""One envelope for everything that goes wrong, whoever notices it."""

import json
from typing import Any

import pytest
from django.test import Client

from jobs.models import User, Workspace
from tests.api.calling import FIELDS, Script
from tests.making import make_job


def assert_enveloped(answer: Any, status: int, code: str) -> None:
    body = json.loads(answer.content)
    assert (answer.status_code, body["code"]) == (status, code)
    assert answer["Content-Type"].startswith("application/json")
    assert set(body) - {"fields"} == {"code", "message", "request_id"}
    assert body["message"]
    assert body["request_id"] == answer["X-Request-Id"]
    assert answer["Cache-Control"] == "no-store"


def test_what_is_not_there_and_what_is_not_taken(bob: User, workspace: Workspace) -> None:
    job = make_job(workspace, by=bob)
    client = Script(bob).client

    assert_enveloped(client.get("/api/v1/nothing"), 404, "not_found")
    assert_enveloped(client.get("/api/v2/jobs"), 404, "not_found")
    assert_enveloped(client.get("/api/v1/jobs/0"), 404, "not_found")
    assert_enveloped(client.get("/api/v1/jobs/99999999999999999999"), 404, "not_found")
    assert_enveloped(client.get("/api/v1/jobs/one"), 404, "not_found")
    not_taken = client.put(f"/api/v1/jobs/{job.pk}")
    assert_enveloped(not_taken, 405, "method_not_allowed")
    assert set(not_taken["Allow"].split(", ")) == {"GET", "DELETE"}
    assert_enveloped(client.post("/api/v1/openapi.json"), 405, "method_not_allowed")


@pytest.mark.parametrize("body", ["{", "{'a': 1}", "\xff", '{"a":' * 100_000])
def test_what_cannot_be_read(bob: User, body: str) -> None:
    client = Script(bob).client

    answer = client.post("/api/v1/jobs", body, content_type="application/json")

    assert_enveloped(answer, 400, "bad_request")


def test_a_host_that_is_not_ours(bob: User) -> None:
    answer = Script(bob).client.get("/api/v1/jobs", headers={"host": "evil.example"})

    assert_enveloped(answer, 400, "bad_request")
    assert "evil.example" not in answer.content.decode()


def test_a_body_without_end(bob: User, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    answer = Script(bob).submit(reason="x" * 1000)

    assert_enveloped(answer, 413, "too_large")


def test_wrong_fields(bob: User) -> None:
    assert_enveloped(Script(bob).submit(bucket_name="A"), 422, "invalid_fields")


@pytest.mark.parametrize("debug", [False, True])
def test_our_own_mistakes_tell_nothing_and_have_a_number(
    bob: User, settings: Any, debug: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = debug
    script = Script(bob)
    script.client.raise_request_exception = False
    monkeypatch.setattr("jobs.services.content.BASE_MODEL", None)

    answer = script.submit()

    assert_enveloped(answer, 500, "server_error")
    assert "Traceback" not in answer.content.decode()
    assert script.text not in answer.content.decode()


def test_no_session_opens_the_api(bob: User, client_of: Any) -> None:
    browser = client_of(bob)

    read = browser.get("/api/v1/jobs")
    written = browser.post("/api/v1/jobs", json.dumps(FIELDS), content_type="application/json")

    assert_enveloped(read, 401, "unauthorized")
    assert_enveloped(written, 401, "unauthorized")
    assert read["WWW-Authenticate"] == "Bearer"


def test_pages_keep_their_own_errors(db: None) -> None:
    answer = Client().get("/nothing/")

    assert answer["Content-Type"].startswith("text/html")
