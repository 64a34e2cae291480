"""Each named fault, as a client meets it on its socket."""

import gzip
import http.client
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from jobs.simulator import Simulator
from jobs.simulator.faults import DETACHED, KINDS, LISTING, SPOILING
from tests.simulator.asking import ORDER, Reply, ask, create, create_at, job_ids

WITHOUT_ANSWER: dict[str, type[Exception]] = {
    "reset": ConnectionResetError,
    "close": http.client.RemoteDisconnected,
    "garbage": http.client.BadStatusLine,
    "many_headers": http.client.HTTPException,
    "long_header": http.client.LineTooLong,
    "truncated": http.client.IncompleteRead,
    "truncated_chunks": http.client.IncompleteRead,
    "reset_amid_body": ConnectionResetError,
}


def is_gateway_page(reply: Reply) -> bool:
    return reply.headers.get_content_type() == "text/html" and b"<script>" in reply.body


def is_broken_gzip(reply: Reply) -> bool:
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(reply.body)
    return reply.headers["Content-Encoding"] == "gzip"


def is_unreadable(reply: Reply) -> bool:
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        reply.json()
    return reply.status == 200


ANSWERED: dict[str, Callable[[Reply], bool]] = {
    "envelope": lambda reply: (reply.status, reply.code) == (500, "InternalError"),
    "nested_error": lambda reply: (
        reply.status == 400 and set(reply.json()["error"]) == {"message", "type", "code", "param"}
    ),
    "throttled": lambda reply: (
        (reply.status, reply.code) == (429, "Throttling.RateQuota")
        and reply.headers["Retry-After"] == "1"
    ),
    "html": lambda reply: reply.status == 502 and is_gateway_page(reply),
    "empty": lambda reply: (reply.status, reply.body) == (200, b""),
    "redirect": lambda reply: (
        reply.status == 307 and reply.headers["Location"].startswith("/api/v1/custom_models/import")
    ),
    "broken_gzip": is_broken_gzip,
    "unreadable": is_unreadable,
    "no_job_id": lambda reply: reply.status == 200 and "job_id" not in reply.output,
    "no_request_id": lambda reply: (
        "request_id" not in reply.json() and reply.headers["x-request-id"] is None
    ),
}
# These go on until something ends them, and have tests of their own below.
LASTING = {"hang", "slow", "drip", "endless"}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_every_fault_is_shown_here_or_with_the_list_faults() -> None:
    shown = {*WITHOUT_ANSWER, *ANSWERED, *LASTING, *LISTING}

    assert shown == set(KINDS)


@pytest.mark.parametrize("kind", WITHOUT_ANSWER)
def test_it_gives_no_answer_that_can_be_read(simulator: Simulator, kind: str) -> None:
    simulator.fault(kind, call="create")

    with pytest.raises(WITHOUT_ANSWER[kind]):
        create(simulator.base_url)

    (request,) = simulator.requests()
    assert (request.fault, request.status) == (kind, None)


@pytest.mark.parametrize("kind", ANSWERED)
def test_it_gives_another_answer(simulator: Simulator, kind: str) -> None:
    simulator.fault(kind, call="create")

    reply = create(simulator.base_url)

    assert ANSWERED[kind](reply)
    (request,) = simulator.requests()
    assert (request.fault, request.status) == (kind, reply.status)


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("kind", sorted(set(DETACHED) - LASTING))
def test_it_strikes_before_or_after_acceptance(
    simulator: Simulator, kind: str, accepted: bool
) -> None:
    simulator.fault(kind, call="create", accepted=accepted)

    with suppress(*WITHOUT_ANSWER.values()):
        create(simulator.base_url)

    (request,) = simulator.requests()
    made = [job.job_id for job, _ in simulator.jobs()]
    assert made == ([request.job_id] if accepted else [])


@pytest.mark.parametrize("kind", sorted(set(SPOILING) - LASTING))
def test_it_has_accepted_what_it_answers_badly(simulator: Simulator, kind: str) -> None:
    simulator.fault(kind, call="create")

    with suppress(*WITHOUT_ANSWER.values()):
        create(simulator.base_url)

    (request,) = simulator.requests(accepted=True)
    assert [job.job_id for job, _ in simulator.jobs()] == [request.job_id]


@pytest.mark.parametrize(
    ("method", "call"), [("GET", "list"), ("GET", "get"), ("DELETE", "delete")]
)
@pytest.mark.parametrize("kind", ["reset", "truncated", "html"])
def test_it_strikes_every_call(simulator: Simulator, method: str, call: str, kind: str) -> None:
    job_id = simulator.add_foreign_job(status="SUCCESSED")
    path = "" if call == "list" else f"/{job_id}"
    simulator.fault(kind, call=call)

    if kind == "html":
        assert is_gateway_page(ask(simulator.base_url, method, path))
    else:
        with pytest.raises(WITHOUT_ANSWER[kind]):
            ask(simulator.base_url, method, path)

    (request,) = simulator.requests(call=call)
    assert request.fault == kind
    assert ask(simulator.base_url, "GET").status == 200


@pytest.mark.parametrize("accepted", [False, True])
def test_a_delete_is_lost_before_or_after_it_is_done(simulator: Simulator, accepted: bool) -> None:
    job_id = simulator.add_foreign_job(status="FAILED")
    simulator.fault("close", call="delete", accepted=accepted)

    with pytest.raises(http.client.RemoteDisconnected):
        ask(simulator.base_url, "DELETE", f"/{job_id}")

    assert len(simulator.jobs()) == (0 if accepted else 1)
    assert len(simulator.requests(call="delete", accepted=accepted)) == 1


@pytest.mark.parametrize("status", [200, 403, 404, 500, 502, 503])
def test_it_chooses_the_number_of_an_envelope_or_page(simulator: Simulator, status: int) -> None:
    simulator.fault("envelope", status=status, code="AccessDenied", message="No.")
    simulator.fault("html", status=status)

    envelope, page = create(simulator.base_url), create(simulator.base_url)

    assert (envelope.status, page.status) == (status, status)
    assert (envelope.code, envelope.json()["message"]) == ("AccessDenied", "No.")
    assert is_gateway_page(page)


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_leads_to_the_same_call(simulator: Simulator, status: int) -> None:
    simulator.fault("redirect", call="list", status=status)

    reply = ask(simulator.base_url, "GET", page_no=2)

    assert reply.status == status
    assert reply.headers["Location"] == "/api/v1/custom_models/import?page_no=2"


def test_it_tells_how_long_to_wait(simulator: Simulator) -> None:
    simulator.fault("throttled", seconds=30, code="Throttling.BurstRate")

    reply = create(simulator.base_url)

    assert (reply.code, reply.headers["Retry-After"]) == ("Throttling.BurstRate", "30")


@pytest.mark.parametrize("accepted", [False, True])
def test_a_hanging_request_goes_on_when_released(
    simulator: Simulator, pool: ThreadPoolExecutor, accepted: bool
) -> None:
    fault = simulator.fault("hang", call="create", accepted=accepted)
    waiting = pool.submit(create, simulator.base_url)

    fault.wait_until_struck()
    made_while_hanging = len(simulator.jobs())
    fault.release()

    assert made_while_hanging == (1 if accepted else 0)
    assert waiting.result().output["job_id"] == simulator.requests()[0].job_id
    assert len(simulator.jobs()) == 1


@pytest.mark.parametrize("accepted", [False, True])
def test_a_hanging_request_ends_with_its_client(simulator: Simulator, accepted: bool) -> None:
    simulator.fault("hang", call="create", accepted=accepted)

    with pytest.raises(TimeoutError):
        ask_and_leave(simulator)
    simulator.stop()

    assert len(simulator.jobs()) == (1 if accepted else 0)
    assert simulator.requests()[0].status is None


def test_a_slow_request_is_accepted_after_its_client_has_left(simulator: Simulator) -> None:
    fault = simulator.fault("slow", call="create")

    with pytest.raises(TimeoutError):
        ask_and_leave(simulator)
    made_before = len(simulator.jobs())
    fault.release()
    simulator.wait_for_requests(1, accepted=True)

    assert (made_before, len(simulator.jobs())) == (0, 1)


def test_a_slow_answer_comes_after_its_seconds(simulator: Simulator) -> None:
    simulator.fault("slow", call="list", seconds=0.1)

    assert ask(simulator.base_url, "GET").status == 200


def test_what_is_held_back_ends_unaccepted_when_faults_are_cleared(
    simulator: Simulator, pool: ThreadPoolExecutor
) -> None:
    faults = [simulator.fault(kind, call="create") for kind in ("hang", "slow")]
    waiting = [pool.submit(create, simulator.base_url) for _ in faults]
    for fault in faults:
        fault.wait_until_struck()

    simulator.clear_faults()

    for lost in waiting:
        assert isinstance(lost.exception(), http.client.RemoteDisconnected)
    assert simulator.jobs() == []


def test_a_dripping_body_comes_byte_by_byte(simulator: Simulator) -> None:
    fault = simulator.fault("drip", call="list", seconds=60)
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=10) as client:
        client.sendall(b"GET /api/v1/custom_models/import HTTP/1.1\r\n")
        client.sendall(b"Authorization: Bearer sk-simulator\r\n\r\n")

        fault.wait_until_struck()
        head = client.recv(65536)
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        fault.release()
        body = b"".join(iter(lambda: client.recv(65536), b""))

    assert head.endswith(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head


def test_an_endless_body_ends_with_its_client(simulator: Simulator) -> None:
    simulator.fault("endless", call="list")
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=10) as client:
        client.sendall(b"GET /api/v1/custom_models/import HTTP/1.1\r\n")
        client.sendall(b"Authorization: Bearer sk-simulator\r\n\r\n")

        received = 0
        while received < 1_000_000:
            received += len(client.recv(65536))

    assert ask(simulator.base_url, "GET").status == 200


def test_a_plan_is_used_up_in_its_order(simulator: Simulator) -> None:
    simulator.fault("envelope", call="create", status=500, times=2)
    simulator.fault("html", call="create", status=503)

    statuses = [create(simulator.base_url).status for _ in range(4)]

    assert statuses == [500, 500, 503, 200]


def test_a_fault_may_strike_every_time(simulator: Simulator) -> None:
    fault = simulator.fault("html", times=None)

    statuses = {ask(simulator.base_url, "GET").status for _ in range(5)}

    assert statuses == {502}
    assert fault.wait_until_struck(5) == 5
    simulator.clear_faults()
    assert ask(simulator.base_url, "GET").status == 200


def test_a_fault_strikes_its_call_alone(simulator: Simulator) -> None:
    simulator.fault("html", call="get")

    assert create(simulator.base_url).status == 200
    assert ask(simulator.base_url, "GET").status == 200
    assert ask(simulator.base_url, "GET", "/42").status == 502


def test_a_fault_can_be_aimed_at_a_name_or_path(simulator: Simulator) -> None:
    simulator.fault("html", call="create", status=502, aimed_at="second")
    simulator.fault("html", call="create", status=503, aimed_at="models/third/")

    first = create(simulator.base_url, display_name="first")
    second = create(simulator.base_url, display_name="the second one")
    third = create_at(simulator.base_url, "models/third/")

    assert (first.status, second.status, third.status) == (200, 502, 503)


def test_a_fault_can_be_aimed_at_a_job(simulator: Simulator) -> None:
    named = simulator.add_foreign_job(display_name="named", status="FAILED")
    other = simulator.add_foreign_job(display_name="other", status="FAILED")
    simulator.fault("html", call="get", aimed_at=other)
    simulator.fault("html", call="delete", aimed_at="named")

    replies = {
        (method, job_id): ask(simulator.base_url, method, f"/{job_id}").status
        for method in ("GET", "DELETE")
        for job_id in (named, other)
    }

    assert replies == {
        ("GET", named): 200,
        ("GET", other): 502,
        ("DELETE", named): 502,
        ("DELETE", other): 200,
    }


def test_a_fault_comes_before_the_check_of_the_key(simulator: Simulator) -> None:
    simulator.fault("html", call="list")

    assert ask(simulator.base_url, "GET", key=None).status == 502


def test_waiting_for_a_fault_that_does_not_strike_ends(simulator: Simulator) -> None:
    fault = simulator.fault("hang")

    with pytest.raises(TimeoutError, match="'hang' struck 0 times"):
        fault.wait_until_struck(timeout_seconds=0.01)


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "earthquake"},
        {"kind": "hang", "call": "cancel"},
        {"kind": "row_added"},
        {"kind": "row_added", "call": "get"},
        {"kind": "html", "call": "create", "page": 2},
    ],
)
def test_it_refuses_a_fault_that_makes_no_sense(
    simulator: Simulator, options: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"no fault|no call|list"):
        simulator.fault(**options)


def test_many_requests_can_hang_at_once(simulator: Simulator) -> None:
    fault = simulator.fault("hang", call="create", accepted=True, times=None)
    with ThreadPoolExecutor(30) as many:
        waiting = [many.submit(create, simulator.base_url) for _ in range(30)]

        fault.wait_until_struck(30)
        fault.release()

        made = {reply.result().output["job_id"] for reply in waiting}
    assert made == set(job_ids(ask(simulator.base_url, "GET", page_size=100)))
    assert len(made) == 30


def ask_and_leave(simulator: Simulator) -> None:
    ask(simulator.base_url, "POST", body=ORDER, timeout_seconds=0.2)
