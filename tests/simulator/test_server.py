import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.simulator import Simulator
from tests.simulator.asking import ask, create, job_ids


def test_it_refuses_connections_while_it_is_stopped(simulator: Simulator) -> None:
    made = create(simulator.base_url).output["job_id"]

    simulator.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(simulator.base_url, "GET")
    simulator.start()

    assert job_ids(ask(simulator.base_url, "GET")) == [made]


@pytest.mark.parametrize("kind", ["hang", "slow", "drip"])
def test_it_ends_what_lasts_and_leaves_no_thread(kind: str) -> None:
    before = set(threading.enumerate())

    with ThreadPoolExecutor(1) as pool:
        with Simulator() as simulator:
            fault = simulator.fault(kind, call="create", seconds=60)
            lost = pool.submit(create, simulator.base_url)
            silent = socket.create_connection(("127.0.0.1", simulator.port))
            fault.wait_until_struck()
        silent.close()

    assert isinstance(lost.exception(), (http.client.HTTPException, ConnectionError))
    assert set(threading.enumerate()) <= before  # one of an earlier test may end meanwhile


def test_it_can_be_stopped_twice() -> None:
    simulator = Simulator()
    simulator.start()

    simulator.stop()
    simulator.stop()

    with pytest.raises(ConnectionRefusedError):
        ask(simulator.base_url, "GET")


def test_it_does_not_take_a_port_that_is_taken(simulator: Simulator) -> None:
    with pytest.raises(OSError, match="in use"):
        Simulator(port=simulator.port).start()


def test_it_says_nothing_of_clients_that_leave(
    simulator: Simulator, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", simulator.port)) as client:
        client.sendall(b"POST /api/v1/custom_models/import HTTP/1.1\r\nContent-Length: 99\r\n\r\n{")
    with socket.create_connection(("127.0.0.1", simulator.port)):
        pass
    simulator.wait_for_requests(1)
    simulator.stop()

    assert capfd.readouterr() == ("", "")
    assert simulator.jobs() == []


def test_it_tells_a_client_that_speaks_no_http(simulator: Simulator) -> None:
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=10) as client:
        client.sendall(b"HELO example.com and more\r\n\r\n")

        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert b"400" in answer
    assert simulator.requests() == []
