"""What the log says of a request and of a worker's job, in both forms, and what it never says."""

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from django.test import Client

from importer_site import logs
from jobs.models import User, Workspace
from jobs.services import sending
from tests.making import make_attempt, make_job

SECRETS = [
    "sk-0123456789abcdef",
    "desk_AbCdEf12_the-rest-of-the-token",
    "sits-in-the-environment",
]


@pytest.fixture(autouse=True)
def _no_context() -> Iterator[None]:
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


@pytest.fixture(params=logs.FORMATS)
def written(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """What has been logged so far, in each form."""
    with _logging(request.param) as written:
        yield written


@pytest.fixture
def objects() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What has been logged so far as JSON."""
    with _logging("json") as written:
        yield lambda: [json.loads(line) for line in written().splitlines()]


@contextmanager
def _logging(log_format: str) -> Iterator[Callable[[], str]]:
    configuration = logs.configuration(log_format, "INFO")
    formatter = logging.config.DictConfigurator(configuration).configure_formatter(
        configuration["formatters"]["desk"]
    )
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root, requests = logging.getLogger(), logging.getLogger("jobs.requests")
    before = requests.level
    requests.setLevel("INFO")
    root.addHandler(handler)
    yield stream.getvalue
    root.removeHandler(handler)
    requests.setLevel(before)


@pytest.mark.parametrize("secret", SECRETS)
def test_it_hides_a_secret_in_words_and_in_a_traceback(
    secret: str, written: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY_OTHER", SECRETS[2])

    try:
        raise ValueError(f"refused {secret}!")
    except ValueError:
        logging.getLogger("jobs").exception("with %s.", secret)

    assert secret not in written()
    assert written().count(logs.HIDDEN) >= 2


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
        ("Not Found: /set-up/abc:def/", "Not Found: /set-up/[hidden]/"),
        ("Gone: /invitations/abc-def/", "Gone: /invitations/[hidden]/"),
        ("postgres://desk:secret@db/desk", "postgres://[hidden]@db/desk"),
    ],
)
def test_it_hides_what_looks_like_a_secret(
    text: str, rest: str, written: Callable[[], str]
) -> None:
    logging.getLogger("jobs").warning("%s", text)

    assert rest in written()


def test_a_request_leaves_one_line_with_its_id_its_person_and_its_job(
    alice: User,
    workspace: Workspace,
    client_of: Callable[[User], Client],
    objects: Callable[[], list[dict[str, Any]]],
) -> None:
    job = make_job(workspace)

    response = client_of(alice).get(f"/jobs/{job.pk}/")

    (line,) = objects()
    assert line["ms"] > 0
    assert line["timestamp"].endswith("Z")
    assert {name: line[name] for name in line if name not in ("ms", "timestamp")} == {
        "event": "request",
        "level": "info",
        "logger": "jobs.requests",
        "method": "GET",
        "route": "jobs/<int:job_id>/",
        "status": 200,
        "request": response["X-Request-Id"],
        "user": alice.pk,
        "job": job.pk,
    }


def test_what_machines_ask_leaves_no_line(
    client: Client, objects: Callable[[], list[dict[str, Any]]]
) -> None:
    client.get("/healthz")

    assert objects() == []


def test_no_line_of_a_request_carries_another_requests_id(
    client: Client, db: None, objects: Callable[[], list[dict[str, Any]]]
) -> None:
    client.get("/accounts/login/")
    client.get("/accounts/login/", headers={"host": "elsewhere.example.com"})

    lines = objects()
    assert "request" in lines[0]
    assert {line["logger"] for line in lines[1:]} >= {"jobs.requests"}
    assert all("request" not in line for line in lines[1:])


@pytest.mark.django_db(transaction=True)
def test_what_a_worker_logs_says_which_job_it_is_about(
    workspace: Workspace, objects: Callable[[], list[dict[str, Any]]]
) -> None:
    job = make_job(workspace, status="queued")
    make_attempt(job)

    sending.send_next("w1")
    logging.getLogger("jobs").warning("of the same step")

    assert objects()[-1]["job"] == job.pk
