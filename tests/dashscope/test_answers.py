"""Every shape of body that is known to come, on every call."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from jobs.dashscope import OutcomeUnknown, Reason, answers
from tests.dashscope.examples import (
    CALLS,
    GATEWAY_PAGE,
    GOOD_BODIES,
    JOB_ID,
    NESTED_REFUSAL,
    PAYLOAD,
    body,
    client_of,
    job,
    outcome_of,
    page,
    refusal,
)
from tests.dashscope.raw_server import RawServer, answer, head, reply

# What a 200 may hold that is no answer: the body, and the word for it on create, get, delete.
WRONG_200 = {
    "empty": (b"", Reason.UNREADABLE_ANSWER),
    "HTML": (GATEWAY_PAGE, Reason.UNREADABLE_ANSWER),
    "truncated": (GOOD_BODIES["create"][:-20], Reason.UNREADABLE_ANSWER),
    "a list": (b"[]", Reason.UNREADABLE_ANSWER),
    "a string": (b'"ok"', Reason.UNREADABLE_ANSWER),
    "null": (b"null", Reason.UNREADABLE_ANSWER),
    "an empty object": (b"{}", Reason.UNREADABLE_ANSWER),
    "nested too deep": (b'{"output":' + b"[" * 200_000, Reason.UNREADABLE_ANSWER),
    "a number too long": (b'{"output":' + b"9" * 5000 + b"}", Reason.UNREADABLE_ANSWER),
    "a flat error": (refusal(), Reason.ERROR_IN_200),
    "a nested error": (NESTED_REFUSAL, Reason.ERROR_IN_200),
    "an error and an empty output": (body({}, code="NotFound"), Reason.ERROR_IN_200),
    "no output": (b'{"request_id":"6c6b"}', Reason.NO_JOB_ID),
    "a message without a code": (b'{"message":"please wait"}', Reason.NO_JOB_ID),
    "output null": (body(None), Reason.NO_JOB_ID),
    "output of another shape": (body([job()]), Reason.NO_JOB_ID),
    "no job_id": (body({"model_name": "x"}), Reason.NO_JOB_ID),
    "job_id null": (body(job(job_id=None)), Reason.NO_JOB_ID),
    "job_id blank": (body(job(job_id="  ")), Reason.NO_JOB_ID),
    "job_id a number": (body(job(job_id=7)), Reason.NO_JOB_ID),
    "job_id too long": (body(job(job_id="x" * 201)), Reason.NO_JOB_ID),
    "job_id with NUL": (body(job(job_id="a\x00b")), Reason.NO_JOB_ID),
    "job_id two dots": (body(job(job_id="..")), Reason.NO_JOB_ID),
    "job_id no UTF-8": (b'{"output":{"job_id":"\xff"}}', Reason.NO_JOB_ID),
}

# What a list may hold beside all that and still be no page.
WRONG_PAGES = {
    "list missing": {"list": None},
    "list an object": {"list": {}},
    "a row no object": {"list": ["x"]},
    "a row null": {"list": [job(), None]},
    "a row without job_id": {"list": [job(), {"model_name": "x"}]},
    "total missing": {"total": None},
    "total a word": {"total": "1"},
    "total true": {"total": True},
    "total negative": {"total": -1},
    "total beyond reason": {"total": 10**30},
    "page_no missing": {"page_no": None},
    "page_size a fraction": {"page_size": 1.5},
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("shape", WRONG_200)
def test_a_200_that_is_no_answer_leaves_the_outcome_unknown(shape, name):
    content, reason = WRONG_200[shape]
    if name == "list" and reason == Reason.NO_JOB_ID:
        reason = Reason.UNREADABLE_ANSWER

    error, server = outcome_of(name, answer(content))

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == reason
    assert error.status_code == 200
    assert error.exchange.response_body == content.decode("utf-8", "replace")
    assert error.exchange.response_truncated is False
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("content", [refusal("NotFound", "No such model."), NESTED_REFUSAL])
def test_the_code_of_an_error_in_a_200_is_kept(content, name):
    error, _ = outcome_of(name, answer(content))

    assert error.code in {"NotFound", "invalid_api_key"}
    assert error.message in {"No such model.", "Incorrect API key."}
    assert error.exchange.request_id == "ca21b91b"


@pytest.mark.parametrize("wrong", WRONG_PAGES)
def test_a_page_of_the_wrong_shape_is_an_error_and_never_an_empty_page(wrong):
    error, _ = outcome_of("list", answer(body(page(job()) | WRONG_PAGES[wrong])))

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.UNREADABLE_ANSWER


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_is_read_however_it_is_packed(name):
    content = GOOD_BODIES[name]
    packed = gzip.compress(content)
    chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in content) + b"0\r\nX-Trailer: 1\r\n\r\n"
    interim = head("100 Continue") * 3

    for behaviour in (
        answer(packed, headers=("Content-Encoding: gzip",)),
        reply(head("200 OK", "Transfer-Encoding: chunked") + chunked),
        reply(head("200 OK") + content),
        reply(b"HTTP/1.0 200 OK\r\n\r\n" + content),
        reply(interim + head("201 Created", f"Content-Length: {len(content)}") + content),
        answer(b"\xef\xbb\xbf" + content),
    ):
        answered, _ = outcome_of(name, behaviour)
        assert answered.exchange.response_body.lstrip("\ufeff") == content.decode()


@pytest.mark.parametrize("status", ["SUCCESSED", "SUCCEEDED"])
def test_both_spellings_of_success_are_one_status(status):
    found, _ = outcome_of("get", answer(body(job(status=status))))

    assert found.job.status == "SUCCESSED"


@pytest.mark.parametrize("status", ["PAUSED", "succeeded", "", "<b>RUNNING</b>"])
def test_an_unknown_status_is_kept_as_it_came(status):
    found, _ = outcome_of("get", answer(body(job(status=status))))

    assert found.job.status == status


def test_a_job_with_nothing_but_its_id_is_a_job():
    found, _ = outcome_of("get", answer(body({"job_id": JOB_ID})))

    assert found.job.job_id == JOB_ID
    assert found.job.status == found.job.bucket_name == found.job.gmt_create == ""
    assert found.job.created_at is None


def test_fields_of_the_wrong_kind_are_read_as_absent():
    odd = job(storage_info="oss://b/k", status=3, gmt_create=1704110400, error_code={"a": 1})

    found, _ = outcome_of("get", answer(body(odd)))

    assert (found.job.bucket_name, found.job.status, found.job.gmt_create) == ("", "", "")
    assert found.job.error_code == ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-01T12:00:00.000+00:00", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T20:00:00.000+08:00", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_a_time_of_creation_is_a_time_only_with_an_offset(text, moment):
    found, _ = outcome_of("get", answer(body(job(gmt_create=text))))

    assert found.job.created_at == moment
    assert found.job.gmt_create == text


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Tue, 03 Nov 2026 08:15:30 GMT", datetime(2026, 11, 3, 8, 15, 30, tzinfo=UTC)),
        ("Tue, 03 Nov 2026 08:15:30 -0000", datetime(2026, 11, 3, 8, 15, 30, tzinfo=UTC)),
        ("Tue, 03 Nov 2026 16:15:30 +0800", datetime(2026, 11, 3, 8, 15, 30, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:59:59 -1400", None),
        ("now", None),
        ("Tue, 99 Nov 2026 08:15:30 GMT", None),
    ],
)
def test_a_date_header_is_read_or_left(text, moment):
    behaviour = answer(GOOD_BODIES["get"], headers=(f"Date: {text}",))

    found, _ = outcome_of("get", behaviour)

    assert found.exchange.server_date == moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("999999999", 86400.0),
        ("9" * 5000, None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("Tue, 03 Nov 2026 08:16:00 GMT", 30.0),
        ("Tue, 03 Nov 2020 08:16:00 GMT", 0.0),
        ("Tue, 03 Nov 2099 08:16:00 GMT", 86400.0),
    ],
)
def test_a_wait_is_read_as_seconds_or_as_a_date_and_is_a_day_at_most(text, seconds):
    headers = ("Date: Tue, 03 Nov 2026 08:15:30 GMT", f"Retry-After: {text}")

    error, _ = outcome_of("get", answer(refusal("Throttling"), status="429 Slow", headers=headers))

    assert error.retry_after_seconds == seconds


def test_long_words_are_cut_and_long_texts_are_not():
    long = "x" * 3000
    content = json.dumps({"request_id": long, "code": long, "message": long}).encode()

    error, _ = outcome_of("create", answer(content, status="400 Bad Request"))

    assert len(error.exchange.request_id) == len(error.code) == answers.LONGEST_WORD
    assert error.message == long


@pytest.mark.parametrize("name", CALLS)
def test_a_body_above_the_limit_is_no_answer_and_is_kept_up_to_the_limit(name):
    content = GOOD_BODIES[name] + b" " * 500_000

    error, _ = outcome_of(name, answer(content), max_body_bytes=100_000)

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.TOO_LARGE
    assert error.exchange.response_body == content[:100_000].decode()
    assert error.exchange.response_bytes == 100_001
    assert error.exchange.response_truncated is True


@pytest.mark.parametrize("name", CALLS)
def test_a_body_of_exactly_the_limit_is_read(name):
    content = GOOD_BODIES[name]

    answered, _ = outcome_of(name, answer(content), max_body_bytes=len(content))

    assert answered.exchange.response_truncated is False


def test_a_small_body_that_unpacks_to_a_large_one_is_above_the_limit():
    packed = gzip.compress(GOOD_BODIES["create"] + b" " * 50_000_000)

    error, _ = outcome_of("create", answer(packed, headers=("Content-Encoding: gzip",)))

    assert error.reason == Reason.TOO_LARGE
    assert error.exchange.response_bytes == 1024 * 1024 + 1


def test_an_endless_body_stops_at_the_limit():
    def endless(peer):
        peer.read_request()
        peer.send(head("200 OK", "Transfer-Encoding: chunked"))
        while not peer.server.ended.is_set():
            peer.send(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")

    with RawServer(endless) as server, client_of(server) as client:
        with pytest.raises(OutcomeUnknown) as caught:
            client.create(PAYLOAD)

        assert caught.value.reason == Reason.TOO_LARGE
