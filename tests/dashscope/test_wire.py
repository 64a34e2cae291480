"""How often and over which way a request really leaves."""

import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest

from jobs.dashscope import NotSent, OutcomeUnknown, Reason
from jobs.dashscope.client import Client
from tests.dashscope.examples import (
    CALLS,
    GOOD_BODIES,
    KEY,
    PATIENT,
    READS,
    SENT_ONCE,
    call,
    client_of,
    outcome_of,
    refusal,
)
from tests.dashscope.raw_server import (
    Behaviour,
    Peer,
    RawServer,
    answer,
    close_without_answer,
    head,
    reset,
)

HICCUPS = {
    "502": answer(status="502 Bad Gateway"),
    "503": answer(refusal("ModelUnavailable"), status="503 Service Unavailable"),
    "504": answer(status="504 Gateway Timeout"),
    "closed without answer": close_without_answer,
    "reset": reset,
}


def keep_answering(content: bytes) -> Behaviour:
    def behave(peer: Peer) -> None:
        while peer.read_request():
            peer.send(head("200 OK", f"Content-Length: {len(content)}") + content)

    return behave


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("hiccup", HICCUPS)
def test_a_read_is_tried_again_after_a_hiccup(hiccup, name):
    answered, server = outcome_of(name, HICCUPS[hiccup], answer(GOOD_BODIES[name]))

    assert answered.exchange.status_code == 200
    assert answered.exchange.requests_sent == len(server.requests) == 2


@pytest.mark.parametrize("name", READS)
def test_a_read_is_tried_twice_and_no_more(name):
    error, server = outcome_of(
        name, answer(status="502 Bad Gateway"), close_without_answer, answer(GOOD_BODIES[name])
    )

    assert isinstance(error, OutcomeUnknown)
    assert error.exchange.requests_sent == len(server.requests) == 2


@pytest.mark.parametrize("name", SENT_ONCE)
@pytest.mark.parametrize("hiccup", HICCUPS)
def test_what_may_act_is_sent_once_whatever_happens(hiccup, name):
    error, server = outcome_of(name, HICCUPS[hiccup], answer(GOOD_BODIES[name]))

    assert isinstance(error, OutcomeUnknown)
    assert error.may_have_acted is True
    assert (server.connections, len(server.requests)) == (1, 1)


@pytest.mark.parametrize("name", CALLS)
def test_an_early_answer_is_heard_by_whoever_is_still_sending(name):
    def answer_at_once(peer: Peer) -> None:
        content = refusal("InvalidParameter")
        peer.send(head("400 Bad Request", f"Content-Length: {len(content)}") + content)
        peer.read_request()

    error, _ = outcome_of(name, answer_at_once)

    assert error.code == "InvalidParameter"


def test_reads_share_a_connection_and_calls_that_may_act_have_their_own():
    with RawServer(keep_answering(GOOD_BODIES["list"])) as server, client_of(server) as client:
        client.list()
        client.list()
        shared = server.connections
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                # A page is no job, which is beside the point here.
                call(client, "create")
        client.list()

    assert shared == 1
    assert server.connections == 3
    assert [b"Connection: close" in request for request in server.requests] == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_a_kept_connection_that_was_closed_meanwhile_costs_a_read_nothing():
    def answer_and_close(peer: Peer) -> None:
        peer.read_request()
        content = GOOD_BODIES["list"]
        # Without saying so, as a server does that has waited long enough.
        peer.send(head("200 OK", f"Content-Length: {len(content)}") + content)

    with RawServer(answer_and_close) as server, client_of(server) as client:
        for _ in range(20):
            client.list()

    assert len(server.requests) == 20


def test_a_client_can_be_used_from_many_threads():
    with (
        RawServer(keep_answering(GOOD_BODIES["list"])) as server,
        client_of(server) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        pages = list(pool.map(lambda number: client.list(page_no=number), range(1, 41)))

    assert len(pages) == len(server.requests) == 40
    assert {one.exchange.path for one in pages} == {
        f"/api/v1/custom_models/import?page_no={number}&page_size=100" for number in range(1, 41)
    }


@pytest.mark.parametrize("name", CALLS)
def test_neither_netrc_nor_the_environment_changes_a_call(name, monkeypatch, tmp_path):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(netrc))
    with RawServer(answer(status="418 Teapot")) as proxy:
        for variable in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, proxy.base_url)
        _, server = outcome_of(name, answer(GOOD_BODIES[name]), tls=True)

    assert f"Authorization: Bearer {KEY}\r\n".encode() in server.requests[0]
    assert proxy.connections == 0


@pytest.mark.parametrize("name", CALLS)
def test_no_cookie_is_sent_back(name):
    behaviour = answer(GOOD_BODIES[name], headers=("Set-Cookie: acw_tc=1; Path=/",))

    with RawServer(behaviour) as server, client_of(server) as client:
        call(client, name)
        call(client, name)

    assert not any(b"cookie" in request.lower() for request in server.requests)


def test_a_given_proxy_carries_the_call_in_a_tunnel():
    with (
        RawServer(answer(GOOD_BODIES["create"]), tls=True) as server,
        RawServer(tunnel_to(server.port)) as proxy,
        client_of(server, proxy=f"http://user:pass@127.0.0.1:{proxy.port}") as client,
    ):
        created = call(client, "create")

    assert created.exchange.requests_sent == len(server.requests) == 1
    assert proxy.requests[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.".encode())
    assert KEY.encode() not in proxy.requests[0]


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_sent_when_the_proxy_refuses_the_tunnel(name):
    with RawServer(answer(b"no", status="403 Forbidden")) as proxy:
        error, server = outcome_of(name, answer(GOOD_BODIES[name]), tls=True, proxy=proxy.base_url)

    assert isinstance(error, NotSent)
    assert error.reason == Reason.PROXY
    assert server.connections == 0


def test_nothing_is_sent_when_the_proxy_is_not_there():
    nobody = "http://user:hunter2@127.0.0.1:9"

    error, server = outcome_of("create", answer(GOOD_BODIES["create"]), tls=True, proxy=nobody)

    assert isinstance(error, NotSent)
    assert error.reason == Reason.PROXY
    assert "hunter2" not in f"{error} {error!r}"
    assert server.connections == 0


@pytest.mark.parametrize("name", CALLS)
def test_this_machine_itself_is_never_called_through_a_proxy(name):
    with RawServer(answer(status="418 Teapot")) as proxy:
        _, server = outcome_of(name, answer(GOOD_BODIES[name]), proxy=proxy.base_url)

    assert (proxy.connections, len(server.requests)) == (0, 1)


@pytest.mark.parametrize(
    "proxy", ["", "127.0.0.1:3128", "socks5://u:hunter2@host", "http://", "\n"]
)
def test_an_unfit_proxy_is_refused_without_being_quoted(proxy):
    with pytest.raises(ValueError, match="proxy") as caught:
        Client(base_url="http://127.0.0.1", api_key=KEY, timeouts=PATIENT, proxy=proxy)

    assert "hunter2" not in str(caught.value)


def test_authorities_that_are_not_there_are_refused_at_once():
    with pytest.raises(ValueError, match="authorities does not exist"):
        Client(base_url="http://127.0.0.1", api_key=KEY, timeouts=PATIENT, ca_bundle="/nowhere")


def tunnel_to(port: int) -> Behaviour:
    """A proxy that grants the tunnel and pumps bytes both ways."""

    def pump(source: socket.socket, target: socket.socket) -> None:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)

    def behave(peer: Peer) -> None:
        peer.read_request()
        with socket.create_connection(("127.0.0.1", port)) as onward:
            peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            upward = Thread(target=pump, args=(peer.line, onward))
            upward.start()
            pump(onward, peer.line)
            upward.join()

    return behave
