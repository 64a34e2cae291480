"""The deadline of a call, against peers that keep it waiting a byte at a time."""

import math
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.dashscope import NotSent, OutcomeUnknown, Reason, Timeouts
from tests.dashscope.examples import (
    CALLS,
    GOOD_BODIES,
    PATIENT,
    READS,
    call,
    client_of,
    outcome_of,
)
from tests.dashscope.raw_server import Behaviour, Peer, RawServer, answer, head, silence

# Every single byte comes in time; only the whole does not.
HURRIED = Timeouts(connect_seconds=5, read_seconds=5, total_seconds=0.5)


def dripping(data: bytes, first: bytes = b"") -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.read_request()
        peer.send(first)
        peer.drip(data)

    return behave


def drip_tls(peer: Peer) -> None:
    """Begin the record of a server hello, and go on a byte at a time."""
    peer.line.recv(65536)
    peer.send(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
    peer.drip(b"\x00")


DRIPS = {
    "the status line": dripping(b"HTTP/1.1 2"),
    "a header": dripping(b"x", first=b"HTTP/1.1 200 OK\r\nX-Long: "),
    "headers": dripping(b"X: 1\r\n", first=b"HTTP/1.1 200 OK\r\n"),
    "interim answers": dripping(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body of known length": dripping(b" ", first=head("200 OK", "Content-Length: 99999")),
    "a body until the end": dripping(b" ", first=head("200 OK")),
    "chunks": dripping(b"1\r\n \r\n", first=head("200 OK", "Transfer-Encoding: chunked")),
    "a chunk size": dripping(b"0", first=head("200 OK", "Transfer-Encoding: chunked")),
    "trailers": dripping(
        b"X: 1\r\n", first=head("200 OK", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n"
    ),
    "nothing": silence,
}


def reasons(*calls: tuple[str, str], tls: bool) -> dict[tuple[str, str], tuple[str, bool, int]]:
    """Of calls against drips, all made at once: what ended each, whether in time, and what left."""

    def ending(pair: tuple[str, str]) -> tuple[str, bool, int]:
        name, drip = pair
        error, server = outcome_of(name, DRIPS[drip], tls=tls, timeouts=HURRIED)
        in_time = 500 <= error.exchange.duration_ms < 2500
        return error.reason, in_time, len(server.requests)

    with ThreadPoolExecutor(len(calls)) as pool:
        return dict(zip(calls, pool.map(ending, calls), strict=True))


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_the_deadline_holds_against_whatever_drips(tls):
    calls = [("create", drip) for drip in DRIPS]

    assert reasons(*calls, tls=tls) == dict.fromkeys(calls, (Reason.DEADLINE, True, 1))


def test_the_deadline_holds_on_every_call():
    calls = [(name, drip) for name in CALLS for drip in ("a header", "a body until the end")]

    assert reasons(*calls, tls=False) == dict.fromkeys(calls, (Reason.DEADLINE, True, 1))


@pytest.mark.parametrize("name", CALLS)
def test_the_deadline_holds_against_a_tls_handshake_that_drips(name):
    with (
        RawServer(drip_tls) as server,
        client_of(f"https://127.0.0.1:{server.port}", timeouts=HURRIED) as client,
        pytest.raises(OutcomeUnknown) as caught,
    ):
        call(client, name)

    assert caught.value.reason == Reason.DEADLINE
    assert caught.value.exchange.duration_ms < 2500
    assert caught.value.exchange.requests_sent == 0


def test_the_deadline_holds_against_a_peer_that_does_not_read():
    with (
        RawServer(Peer.hold) as server,
        client_of(server, timeouts=HURRIED) as client,
        pytest.raises(OutcomeUnknown) as caught,
    ):
        client.create(b"x" * 10_000_000)

    assert caught.value.reason == Reason.DEADLINE
    assert caught.value.exchange.duration_ms < 2500


@pytest.mark.parametrize("name", READS)
def test_the_second_try_of_a_read_does_not_begin_the_deadline_anew(name):
    short_reads = Timeouts(connect_seconds=5, read_seconds=0.3, total_seconds=0.5)

    error, server = outcome_of(name, silence, timeouts=short_reads)

    assert error.reason == Reason.DEADLINE
    assert 500 <= error.exchange.duration_ms < 2500
    assert len(server.requests) == 2


@pytest.mark.parametrize("name", READS)
def test_the_body_of_an_answer_that_is_tried_again_cannot_hold_up_the_call(name):
    dripping_502 = dripping(b"x", first=head("502 Bad Gateway", "Content-Length: 99999"))

    error, _ = outcome_of(name, dripping_502, timeouts=HURRIED)

    assert isinstance(error, OutcomeUnknown)
    assert error.exchange.duration_ms < 2500


def test_what_came_before_the_deadline_is_kept():
    drip = dripping(b"x", first=head("200 OK", "Content-Length: 99999") + b'{"output":')

    error, _ = outcome_of("create", drip, timeouts=HURRIED)

    assert error.status_code == 200
    assert error.exchange.response_body.startswith('{"output":x')
    assert error.exchange.response_bytes == len(error.exchange.response_body)
    assert error.exchange.response_truncated is True


def test_a_body_that_the_deadline_cut_is_never_taken_for_a_whole_one():
    # A whole answer, of a length that only the end of the connection tells.
    def complete_but_open(peer: Peer) -> None:
        peer.read_request()
        peer.send(head("200 OK") + GOOD_BODIES["create"])
        peer.hold()

    error, _ = outcome_of("create", complete_but_open, timeouts=HURRIED)

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.DEADLINE


def test_a_deadline_that_passes_before_anything_leaves_means_not_sent():
    hopeless = Timeouts(connect_seconds=5, read_seconds=5, total_seconds=1e-9)

    error, server = outcome_of("create", answer(GOOD_BODIES["create"]), timeouts=hopeless)

    assert isinstance(error, NotSent)
    assert server.requests == []


def test_a_deadline_that_has_not_passed_leaves_the_connection_of_reads_open():
    def keep_answering(peer: Peer) -> None:
        content = GOOD_BODIES["list"]
        while peer.read_request():
            peer.send(head("200 OK", f"Content-Length: {len(content)}") + content)

    with RawServer(keep_answering) as server, client_of(server, timeouts=HURRIED) as client:
        started = time.monotonic()
        calls = 0
        while time.monotonic() - started < 1.2 * HURRIED.total_seconds:
            client.list()
            calls += 1

    assert len(server.requests) == calls
    assert server.connections == 1


@pytest.mark.parametrize("wrong", [0, -1, math.inf, math.nan])
@pytest.mark.parametrize("field", ["connect_seconds", "read_seconds", "total_seconds"])
def test_a_timeout_that_never_ends_or_never_begins_is_refused(field, wrong):
    seconds = {"connect_seconds": 1, "read_seconds": 1, "total_seconds": 1}

    with pytest.raises(ValueError, match="finite number of seconds above zero"):
        Timeouts(**seconds | {field: wrong})


def test_timeouts_cannot_be_changed_under_a_client():
    with pytest.raises(AttributeError):
        PATIENT.read_seconds = 1
