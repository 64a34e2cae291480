"""The key is sent to one place and is found in no other."""

import copy
import logging
import pickle
import traceback

import pytest

from jobs.dashscope.client import Client
from jobs.dashscope.keys import REMOVED, ApiKey
from tests.dashscope.examples import (
    CALLS,
    GOOD_BODIES,
    JOB_ID,
    KEY,
    PATIENT,
    body,
    call,
    client_of,
    job,
    outcome_of,
    page,
)
from tests.dashscope.raw_server import (
    Peer,
    RawServer,
    answer,
    close_without_answer,
    head,
    reply,
)


def echo_into(*, status: str, before: bytes = b"", after: bytes = b""):
    """Answer with the request itself, header and all, as a debugging gateway does."""

    def behave(peer: Peer) -> None:
        content = before + peer.read_request() + after
        length = f"Content-Length: {len(content)}"
        peer.send(head(status, length, f"X-Request-Id: {KEY}", f"Date: {KEY}") + content)

    return behave


def unparsable_headers(peer: Peer) -> None:
    peer.read_request()
    line = f"Authorization Bearer {KEY}\r\n".encode()
    peer.send(b"HTTP/1.1 500 Oops\r\n" + line + b"Content-Length: 0\r\n\r\n")


def cut_within_the_key(peer: Peer) -> None:
    peer.read_request()
    content = b"you sent " + KEY[:-1].encode()
    peer.send(head("502 Bad Gateway", f"Content-Length: {len(content)}") + content)


ESCAPED = "".join(f"\\u{ord(character):04x}" for character in KEY)
ECHOED_JOB = job(model_name=KEY, display_name=f"my {KEY}", error_code=KEY, status=KEY)
ECHOED_REFUSAL = f'{{"code":"{KEY}","message":"Wrong key {ESCAPED}.","request_id":"{KEY}"}}'

BEHAVIOURS = {
    "an echo in a 500": echo_into(status="500 Oops"),
    "an echo in a 400": echo_into(status="400 Bad Request"),
    "an echo in a 200": echo_into(status="200 OK"),
    "an echo in a redirect": answer(status="302 Found", headers=(f"Location: /?key={KEY}",)),
    "an echo in a refusal": answer(ECHOED_REFUSAL.encode(), status="401 Unauthorized"),
    "an echo in a throttle": answer(ECHOED_REFUSAL.encode(), status="429 Slow"),
    "an echo in a job": answer(body(ECHOED_JOB)),
    "an echo in a page": answer(body(page(ECHOED_JOB))),
    "an echo as the job_id": answer(body(job(job_id=KEY))),
    "an echo that is cut": cut_within_the_key,
    "a garbage status line": reply(f"Bearer {KEY}\r\n\r\n".encode()),
    "a garbage chunk": reply(
        head("200 OK", "Transfer-Encoding: chunked") + f"{KEY}\r\n{KEY}".encode()
    ),
    "a garbage length": reply(head("200 OK", f"Content-Length: {KEY}") + b"{}"),
    "two lengths": reply(head("200 OK", f"Content-Length: 1, {KEY}", "Content-Length: 2")),
    "a garbage coding": answer(KEY.encode(), headers=("Content-Encoding: gzip",)),
    "unparsable headers": unparsable_headers,
    "no answer": close_without_answer,
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("behaviour", ["a good answer", *BEHAVIOURS])
def test_the_key_is_in_nothing_that_a_call_leaves_behind(behaviour, name, caplog):
    caplog.set_level(logging.DEBUG)
    for logger in ("urllib3", "urllib3.connection", "urllib3.connectionpool", "requests"):
        caplog.set_level(logging.DEBUG, logger=logger)

    outcome, server = outcome_of(name, BEHAVIOURS.get(behaviour, answer(GOOD_BODIES[name])))

    assert KEY.encode() in server.requests[0]
    left = [repr(outcome), str(outcome), repr(vars(outcome)), repr(vars(outcome.exchange))]
    left.append(caplog.text)
    left.append(pickle.dumps(outcome, protocol=0).decode("unicode-escape"))
    if isinstance(outcome, Exception):
        assert outcome.__cause__ is None
        assert outcome.__context__ is None
        shown = traceback.TracebackException.from_exception(outcome, capture_locals=True)
        left += shown.format()
    assert caplog.records, "urllib3 says something of every call"
    for text in left:
        # Nor most of it: a body that is cut may end within the key.
        assert KEY[:12] not in text


def test_what_was_removed_is_marked():
    error, _ = outcome_of("create", echo_into(status="500 Oops"))

    assert f"Authorization: Bearer {REMOVED}" in error.exchange.response_body
    assert error.exchange.request_id == REMOVED


def test_a_key_within_a_request_is_not_recorded_either():
    with RawServer(answer(body(job(job_id="a")))) as server, client_of(server) as client:
        created = client.create(b'{"display_name":"' + KEY.encode() + b'"}')

    assert created.exchange.request_body == f'{{"display_name":"{REMOVED}"}}'


def test_a_word_too_short_for_a_secret_is_left_alone():
    created, _ = outcome_of("create", answer(GOOD_BODIES["create"]), api_key="q")

    assert created.job.job_id == JOB_ID
    assert created.exchange.response_body == GOOD_BODIES["create"].decode()


def test_a_client_shows_its_key_to_nobody():
    with client_of("http://127.0.0.1:9") as client:
        held = [client, *vars(client).values(), *vars(client._transport).values()]

        assert not any(KEY in f"{value!r} {value!s}" for value in held)
        for action in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="neither pickled nor copied"):
                action(client._transport._key)
        with pytest.raises(TypeError):
            pickle.dumps(client)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        f"{KEY}\n",
        f" {KEY}",
        f"{KEY}\r\nX-Evil: 1",
        f"{KEY}\x00",
        f"{KEY}\x7f",
        f"{KEY}é",
        f"{KEY}密钥",
        f"{KEY}\u200b",
        f"{KEY}\ud800",
        f"{KEY} two",
    ],
)
def test_a_key_that_is_no_header_value_is_refused_without_being_quoted(broken):
    with pytest.raises(ValueError, match="API key") as caught:
        Client(base_url="http://127.0.0.1", api_key=broken, timeouts=PATIENT)

    assert KEY not in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_a_key_is_sent_as_it_is():
    assert ApiKey(KEY).authorization() == f"Bearer {KEY}"


def test_every_call_carries_the_key():
    for name in CALLS:
        with RawServer(answer(GOOD_BODIES[name])) as server, client_of(server) as client:
            call(client, name)

        assert server.requests[0].count(f"Authorization: Bearer {KEY}\r\n".encode()) == 1
