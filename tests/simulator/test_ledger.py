import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.simulator import Simulator, SimulatorControl
from tests.simulator.asking import ORDER, ask, create, job_ids


def test_it_keeps_a_request_as_it_came(simulator: Simulator) -> None:
    body = json.dumps(ORDER, indent=1).encode()

    reply = ask(simulator.base_url, "POST", body=body, headers={"X-Odd-CASE": "1"})

    (request,) = simulator.requests()
    assert (request.call, request.method, request.path, request.query) == (
        "create",
        "POST",
        "/api/v1/custom_models/import",
        "",
    )
    assert request.body == body
    assert request.json() == ORDER
    assert ("X-Odd-CASE", "1") in request.headers
    assert request.header("content-length") == str(len(body))
    assert request.header("x-absent") is None
    assert request.received_at == simulator.clock.now()
    assert (request.job_id, request.status, request.fault) == (reply.output["job_id"], 200, None)


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("POST", "", "create"),
        ("GET", "", "list"),
        ("GET", "/42", "get"),
        ("DELETE", "/42", "delete"),
        ("GET", "/", "other"),
        ("DELETE", "", "other"),
        ("PUT", "/42", "other"),
        ("POST", "/42", "other"),
        ("GET", "s", "other"),
    ],
)
def test_it_names_the_call(simulator: Simulator, method: str, path: str, call: str) -> None:
    reply = ask(simulator.base_url, method, path)

    (request,) = simulator.requests()
    assert request.call == call
    assert call != "other" or (reply.status, reply.code) == (404, "NotFound")


def test_it_tells_which_creates_and_deletes_were_accepted(simulator: Simulator) -> None:
    made = create(simulator.base_url).output["job_id"]
    create(simulator.base_url, source="http")
    ask(simulator.base_url, "DELETE", f"/{made}")
    simulator.set_status(made, "FAILED")
    ask(simulator.base_url, "DELETE", f"/{made}")

    accepted = [(request.call, request.job_id) for request in simulator.requests(accepted=True)]
    refused = [(request.call, request.status) for request in simulator.requests(accepted=False)]

    assert accepted == [("create", made), ("delete", made)]
    assert refused == [("create", 400), ("delete", 400)]
    assert len(simulator.requests(call="create")) == 2


def test_it_waits_until_enough_has_come(simulator: Simulator) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(simulator.wait_for_requests, 2, call="create", accepted=True)

        for source in ("oss", "http", "oss"):
            create(simulator.base_url, source=source)

        assert len(waiting.result()) == 2


def test_waiting_for_what_does_not_come_ends(simulator: Simulator) -> None:
    with pytest.raises(TimeoutError, match="Fewer than 1"):
        simulator.wait_for_requests(1, timeout_seconds=0.01)


def test_it_starts_afresh(simulator: Simulator) -> None:
    create(simulator.base_url)
    simulator.fault("html", times=None)

    simulator.reset()

    assert (simulator.requests(), simulator.jobs()) == ([], [])
    assert job_ids(ask(simulator.base_url, "GET")) == []
    assert simulator.requests()[0].number == 2


def test_it_counts_what_many_threads_send(simulator: Simulator) -> None:
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: create(simulator.base_url), range(100)))

    made = {reply.output["job_id"] for reply in replies}
    assert len(made) == 100
    assert {request.job_id for request in simulator.requests(accepted=True)} == made
    assert set(job_ids(ask(simulator.base_url, "GET", page_size=100))) == made


def test_it_counts_calls_and_the_lists_that_began_at_their_first_page(
    simulator: Simulator,
) -> None:
    create(simulator.base_url)
    ask(simulator.base_url, "GET")
    for number in (1, 2):
        ask(simulator.base_url, "GET", page_no=number)

    assert SimulatorControl(simulator.base_url).calls() == simulator.calls()
    assert simulator.calls() == {"create": 1, "list": 3, "list from its first page": 2}
