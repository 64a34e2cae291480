"""The program in a plain WSGI server: none of ours, with every answer held to PEP 3333."""

import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from jobs.simulator.answers import AnswerWithheldError
from jobs.simulator.app import App
from jobs.simulator.faults import DETACHED, SPOILING
from jobs.simulator.world import World
from tests.simulator.asking import IMPORT_PATH, ORDER

ON_THE_SOCKET = {
    "reset",
    "close",
    "garbage",
    "many_headers",
    "long_header",
    "endless",
    "truncated",
    "truncated_chunks",
    "reset_amid_body",
    "drip",
}


@pytest.fixture
def world() -> World:
    return World()


def call(
    world: World, method: str, path: str = IMPORT_PATH, body: bytes = b"", **environ: Any
) -> tuple[str, dict[str, str], Any]:
    """Run the program once, as the validator allows."""
    request: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": "Bearer sk-simulator",
        "wsgi.input": io.BytesIO(body),
        **environ,
    }
    setup_testing_defaults(request)
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        started[:] = [status, dict(headers)]
        return io.BytesIO().write

    pieces: Any = validator(App(world))(request, start_response)
    try:
        content = b"".join(pieces)
    finally:
        pieces.close()
    status, headers = started
    return status, headers, content


def test_it_is_a_valid_wsgi_program(world: World) -> None:
    status, headers, content = call(world, "POST", body=json.dumps(ORDER).encode())
    job_id = json.loads(content)["output"]["job_id"]

    assert status == "200 OK"
    assert headers["Content-Length"] == str(len(content))
    assert call(world, "GET")[0] == "200 OK"
    assert call(world, "GET", f"{IMPORT_PATH}/{job_id}")[0] == "200 OK"
    assert call(world, "DELETE", f"{IMPORT_PATH}/{job_id}")[0] == "400 Bad Request"
    assert call(world, "POST", body=b"{")[0] == "400 Bad Request"
    assert call(world, "GET", HTTP_AUTHORIZATION="")[0] == "401 Unauthorized"
    assert call(world, "GET", "/")[0] == "404 Not Found"
    assert call(world, "POST", "/__simulator__/jobs")[0] == "200 OK"
    assert call(world, "POST", "/__simulator__/unknown")[0] == "404 Not Found"


def test_it_keeps_the_headers_that_a_plain_server_tells(world: World) -> None:
    call(world, "GET", HTTP_X_REQUEST="1")

    (request,) = world.requests()
    assert request.header("x-request") == "1"
    assert "sk-simulator" not in repr(request.headers)


@pytest.mark.parametrize("kind", sorted({*DETACHED, *SPOILING} - ON_THE_SOCKET))
def test_a_fault_in_the_answer_is_a_valid_answer(world: World, kind: str) -> None:
    fault = world.fault(kind, call="create", seconds=0)

    status, headers, content = call(world, "POST", body=json.dumps(ORDER).encode())

    assert fault.wait_until_struck() == 1
    assert status[:3].isdigit()
    assert headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize("kind", sorted(ON_THE_SOCKET))
def test_a_fault_on_the_socket_withholds_the_answer(world: World, kind: str) -> None:
    world.fault(kind, call="create", accepted=True)

    with pytest.raises(AnswerWithheldError):
        call(world, "POST", body=json.dumps(ORDER).encode())

    assert len(world.requests(accepted=True)) == 1


@pytest.mark.parametrize("status", [299, 520])
def test_it_takes_numbers_that_have_no_phrase(world: World, status: int) -> None:
    world.fault("html", status=status)

    assert call(world, "GET")[0] == f"{status} Unknown"
