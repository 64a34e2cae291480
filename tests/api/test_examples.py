"""The examples of docs/api.md, run as they stand there."""

import re
import shlex
from pathlib import Path
from string import Template
from typing import Any

import pytest
from django.test import Client

from jobs.choices import AttemptState, JobStatus
from jobs.models import User, Workspace
from tests.api.calling import Script, candidate
from tests.making import make_attempt, make_job

PAGE = Path(__file__).parents[2] / "docs/api.md"
EXAMPLE = re.compile(r"```bash\n# (\d{3}): [^\n]+\n(.*?)```", re.DOTALL)
HOST = "http://testserver"


def request_of(command: str, values: dict[str, str]) -> Any:
    """What the curl command sends, sent."""
    words = shlex.split(Template(command.replace("\\\n", " ")).substitute(values))
    assert words.pop(0) == "curl"
    method, url, body, headers = "GET", "", "", {}
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _colon, value = words.pop(0).partition(": ")
            headers[name.lower()] = value
        elif word == "-d":
            body = words.pop(0)
        elif word == "-o":
            words.pop(0)
        else:
            url = word.removeprefix(HOST)
    kind = headers.pop("content-type", "application/octet-stream")
    return Client().generic(method, url, body, content_type=kind, headers=headers)


@pytest.fixture
def values(alice: User, workspace: Workspace) -> dict[str, str]:
    """What the page's variables stand for."""
    conflict = make_job(workspace, by=alice, status=JobStatus.UNCONFIRMED)
    candidates = [candidate("import-1"), candidate("import-2")]
    make_attempt(conflict, state=AttemptState.CONFLICT, candidates=candidates)
    succeeded = make_job(workspace, by=alice)
    return {
        "DESK": HOST,
        "TOKEN": Script(alice).text,
        "JOB": str(succeeded.pk),
        "SUCCEEDED": str(succeeded.pk),
        "FAILED": str(make_job(workspace, by=alice, status=JobStatus.FAILED).pk),
        "CONFLICT": str(conflict.pk),
    }


def test_each_example_is_answered_as_the_page_says(values: dict[str, str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    examples = EXAMPLE.findall(page)

    found = [
        (command, str(request_of(command, values).status_code)) for _status, command in examples
    ]

    assert found == [(command, status) for status, command in examples]
    assert len(examples) == page.count("```bash")


def test_the_page_names_every_operation(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    page = PAGE.read_text(encoding="utf-8")

    for path in document["paths"]:
        pattern = re.escape(path).replace(re.escape("{job_id}"), r"\$[A-Z]+")
        assert re.search(rf"\$DESK{pattern}[\"?]", page), path
