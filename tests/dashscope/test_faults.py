"""Every fault that a network knows, on every call, with what really arrived on the other side."""

import gzip
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event

import pytest

from jobs.dashscope import DashScopeError, NotSent, OutcomeUnknown, Reason, Timeouts
from tests.dashscope.examples import CALLS, GOOD_BODIES, PATIENT, READS, call, client_of, outcome_of
from tests.dashscope.raw_server import (
    Peer,
    RawServer,
    answer,
    close_without_answer,
    head,
    reply,
    reset,
    silence,
)

SHORT = Timeouts(connect_seconds=0.1, read_seconds=0.1, total_seconds=5)
BODY = GOOD_BODIES["create"]


def stall_in_the_handshake(peer: Peer) -> None:
    """Take what the client says first, a TLS hello, and never answer it."""
    peer.line.recv(65536)
    peer.hold()


def reset_in_the_handshake(peer: Peer) -> None:
    peer.line.recv(65536)
    peer.reset()


def cut_by_length(peer: Peer) -> None:
    peer.read_request()
    peer.send(head("200 OK", f"Content-Length: {len(BODY) + 1}") + BODY)


def cut_in_a_chunk(peer: Peer) -> None:
    peer.read_request()
    peer.send(head("200 OK", "Transfer-Encoding: chunked") + b"%x\r\n" % (len(BODY) + 9) + BODY)


def cut_before_the_last_chunk(peer: Peer) -> None:
    peer.read_request()
    chunk = b"%x\r\n%b\r\n" % (len(BODY), BODY)
    peer.send(head("200 OK", "Transfer-Encoding: chunked") + chunk)


def cut_gzip(peer: Peer) -> None:
    peer.read_request()
    packed = gzip.compress(BODY)[:-12]
    peer.send(head("200 OK", "Content-Encoding: gzip", f"Content-Length: {len(packed)}") + packed)


def silence_within_the_body(peer: Peer) -> None:
    peer.read_request()
    peer.send(head("200 OK", f"Content-Length: {len(BODY)}") + BODY[:-1])
    peer.hold()


# Each row of the table of what may happen to a create after the connection stands: what the
# server does, the word for it, and whether a read is tried again.
AFTER_CONNECTING = {
    "silence": (silence, Reason.READ_TIMEOUT, True),
    "closed without answer": (close_without_answer, Reason.CONNECTION_LOST, True),
    "reset": (reset, Reason.CONNECTION_LOST, True),
    "garbage status line": (reply(b"220 smtp ready\r\n\r\n"), Reason.UNREADABLE_ANSWER, True),
    "not HTTP at all": (reply(b"\x15\x03\x01\x00\x02\x02P"), Reason.UNREADABLE_ANSWER, True),
    "over 100 headers": (
        reply(head("200 OK", *(f"X-{number}: 1" for number in range(101)))),
        Reason.UNREADABLE_ANSWER,
        True,
    ),
    "header over 64 KiB": (
        reply(head("200 OK", "X-Long: " + "x" * 66_000)),
        Reason.UNREADABLE_ANSWER,
        True,
    ),
    "contradicting lengths": (
        reply(head("200 OK", "Content-Length: 5", "Content-Length: 6") + b"{} {} "),
        Reason.UNREADABLE_ANSWER,
        False,
    ),
    "body cut by length": (cut_by_length, Reason.BODY_CUT, False),
    "body cut in a chunk": (cut_in_a_chunk, Reason.BODY_CUT, False),
    "body cut before the last chunk": (cut_before_the_last_chunk, Reason.BODY_CUT, False),
    "body silent before its end": (silence_within_the_body, Reason.READ_TIMEOUT, False),
    "gzip that isn't": (
        answer(BODY, headers=("Content-Encoding: gzip",)),
        Reason.UNREADABLE_ANSWER,
        False,
    ),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("row", AFTER_CONNECTING)
def test_a_fault_after_connecting_leaves_the_outcome_unknown(row, name):
    behaviour, reason, read_again = AFTER_CONNECTING[row]
    times = 2 if name in READS and read_again else 1

    timeouts = SHORT if reason == Reason.READ_TIMEOUT else PATIENT
    error, server = outcome_of(name, behaviour, timeouts=timeouts)

    assert isinstance(error, OutcomeUnknown)
    assert error.may_have_acted is True
    assert error.reason == reason
    assert (server.connections, len(server.requests)) == (times, times)
    assert error.exchange.requests_sent == times


@pytest.mark.parametrize("name", CALLS)
def test_a_tls_handshake_that_stalls_leaves_the_outcome_unknown(name):
    with RawServer(stall_in_the_handshake) as server:
        error = failure_at(f"https://127.0.0.1:{server.port}", name, timeouts=SHORT)

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.READ_TIMEOUT
    assert error.exchange.requests_sent == 0
    assert server.connections == (2 if name in READS else 1)


@pytest.mark.parametrize("name", CALLS)
def test_a_tls_handshake_that_is_cut_leaves_the_outcome_unknown(name):
    with RawServer(reset_in_the_handshake) as server:
        error = failure_at(f"https://127.0.0.1:{server.port}", name)

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.CONNECTION_LOST


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_sent_to_a_server_whose_certificate_is_not_trusted(name):
    with RawServer(answer(GOOD_BODIES[name]), tls=True) as server:
        # Without the tests' own authority.
        error = failure_at(server.base_url, name, ca_bundle=None)

    assert isinstance(error, NotSent)
    assert error.reason == Reason.CERTIFICATE
    assert server.requests == []


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_sent_when_the_connection_is_refused(name):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]

    error = failure_at(f"http://127.0.0.1:{port}", name)

    assert isinstance(error, NotSent)
    assert error.may_have_acted is False
    assert error.reason == Reason.REFUSED
    assert (error.status_code, error.exchange.requests_sent) == (None, 0)


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_sent_when_the_name_is_unknown(name, monkeypatch):
    def unknown(*args: object, **kwargs: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    error = failure_at("https://dashscope.aliyuncs.com", name)

    assert isinstance(error, NotSent)
    assert error.reason == Reason.DNS


def test_a_name_that_cannot_be_asked_for_is_an_unknown_name():
    error = failure_at(f"https://{'a' * 64}.example", "create")

    assert isinstance(error, NotSent)
    assert error.reason == Reason.DNS


def test_a_resolver_that_does_not_answer_is_waited_for_no_longer_than_a_connection(monkeypatch):
    released = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: released.wait(30) and [])

    error = failure_at("https://dashscope.aliyuncs.com", "create", timeouts=SHORT)
    released.set()

    assert isinstance(error, NotSent)
    assert error.reason == Reason.DNS
    assert error.exchange.duration_ms < 2000


@contextmanager
def full_backlog() -> Iterator[int]:
    """The port of a listener that takes no further connection, so that the next one hangs."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for line in waiting:
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", port))
        yield port
        for line in waiting:
            line.close()


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_sent_when_connecting_takes_too_long(name):
    with full_backlog() as port:
        error = failure_at(f"http://127.0.0.1:{port}", name, timeouts=SHORT)

    assert isinstance(error, NotSent)
    assert error.reason == Reason.CONNECT_TIMEOUT


def test_every_address_of_a_name_is_tried_until_one_takes_the_connection(monkeypatch):
    with RawServer(answer(BODY)) as server, closing(socket.create_server(("127.0.0.1", 0))) as gone:
        refusing = gone.getsockname()[1]
        gone.close()
        addresses = [
            # A protocol that no machine has, an address that refuses, and the one that serves.
            (socket.AF_INET, socket.SOCK_STREAM, 250, "", ("127.0.0.1", server.port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", refusing)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: addresses)

        with client_of(f"http://localhost:{server.port}") as client:
            created = call(client, "create")

    assert created.exchange.requests_sent == 1
    assert (server.connections, len(server.requests)) == (1, 1)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status, name):
    with RawServer(answer(GOOD_BODIES[name])) as target:
        moved = answer(
            GOOD_BODIES[name],
            status=f"{status} Moved",
            headers=(f"Location: {target.base_url}/elsewhere",),
        )
        error, server = outcome_of(name, moved)

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.REDIRECTED
    assert error.exchange.response_headers["location"] == f"{target.base_url}/elsewhere"
    assert (server.connections, len(server.requests), target.connections) == (1, 1, 0)


def test_what_arrived_before_the_fault_is_kept():
    error, _ = outcome_of("create", silence_within_the_body, timeouts=SHORT)

    assert error.status_code == 200
    assert error.exchange.response_body == BODY[:-1].decode()
    assert error.exchange.response_bytes == len(BODY) - 1
    assert error.exchange.response_truncated is True


def test_a_cut_gzip_body_is_no_answer():
    error, _ = outcome_of("create", cut_gzip)

    assert isinstance(error, OutcomeUnknown)


def test_the_cause_names_what_was_caught_and_quotes_none_of_it():
    error, _ = outcome_of("create", close_without_answer)

    assert error.cause == "ConnectionError < ProtocolError < RemoteDisconnected"


def failure_at(base_url: str, name: str, **changes: object) -> DashScopeError:
    with (
        client_of(base_url, **changes) as client,
        pytest.raises(DashScopeError) as caught,
    ):
        call(client, name)
    return caught.value
