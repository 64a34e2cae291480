"""Every shape of body that is known to come, on every call."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from jobs.dashscope import OutcomeUnknown, Reason, Rejected, Throttled, answers
from tests.dashscope.examples import (
    CALLS,
    GOOD_BODIES,
    JOB_ID,
    PAYLOAD,
    READS,
    body,
    client_of,
    job,
    outcome_of,
    page,
    refusal,
)
from tests.dashscope.raw_server import RawServer, answer, head, reply

NESTED = json.dumps(
    {
        "error": {
            "message": "Incorrect API key.",
            "type": "invalid_request_error",
            "code": "invalid_api_key",
            "param": "model_name",
        },
        "request_id": "ca21b91b",
    }
).encode()
HTML = b"<html><head><title>502</title></head><body><script>alert(1)</script></body></html>"

DOCUMENTED_REFUSALS = [
    (400, "InvalidParameter"),
    (404, "NotFound"),
    (400, "OperationDenied"),
    (401, "InvalidApiKey"),
    (400, "Arrearage"),
    (401, "NOT AUTHORIZED"),
    (403, "AccessDenied"),
    (403, "AccessDenied.Unpurchased"),
    (403, "Model.AccessDenied"),
    (403, "Workspace.AccessDenied"),
    (403, "AllocationQuota.FreeTierOnly"),
    (404, "WorkSpaceNotFound"),
    (404, "ModelNotFound"),
    (409, "Conflict"),
]
DOCUMENTED_THROTTLES = [
    "Throttling",
    "Throttling.RateQuota",
    "LimitRequests",
    "limit_requests",
    "Throttling.BurstRate",
    "Throttling.AllocationQuota",
    "insufficient_quota",
    "CommodityNotPurchased",
    "PrepaidBillOverdue",
    "PostpaidBillOverdue",
]
DOCUMENTED_SERVER_ERRORS = [
    (500, "InternalError"),
    (500, "InternalError.Algo"),
    (500, "SystemError"),
    (500, "RequestTimeOut"),
    (503, "ModelServingError"),
    (503, "ModelUnavailable"),
]

# What a 200 may hold that is no answer: the body, and the word for it on create, get, delete.
WRONG_200 = {
    "empty": (b"", Reason.UNREADABLE_ANSWER),
    "HTML": (HTML, Reason.UNREADABLE_ANSWER),
    "truncated": (GOOD_BODIES["create"][:-20], Reason.UNREADABLE_ANSWER),
    "a list": (b"[]", Reason.UNREADABLE_ANSWER),
    "a string": (b'"ok"', Reason.UNREADABLE_ANSWER),
    "null": (b"null", Reason.UNREADABLE_ANSWER),
    "an empty object": (b"{}", Reason.UNREADABLE_ANSWER),
    "nested too deep": (b'{"output":' + b"[" * 200_000, Reason.UNREADABLE_ANSWER),
    "a number too long": (b'{"output":' + b"9" * 5000 + b"}", Reason.UNREADABLE_ANSWER),
    "a flat error": (refusal(), Reason.ERROR_IN_200),
    "a nested error": (NESTED, Reason.ERROR_IN_200),
    "an error and an empty output": (body({}, code="NotFound"), Reason.ERROR_IN_200),
    "no output": (b'{"request_id":"6c6b"}', Reason.NO_JOB_ID),
    "a message without a code": (b'{"message":"please wait"}', Reason.NO_JOB_ID),
    "output null": (body(None), Reason.NO_JOB_ID),
    "output of another shape": (body([job()]), Reason.NO_JOB_ID),
    "no job_id": (body({"model_name": "x"}), Reason.NO_JOB_ID),
    "job_id null": (body(job(job_id=None)), Reason.NO_JOB_ID),
    "job_id blank": (body(job(job_id="  ")), Reason.NO_JOB_ID),
    "job_id a number": (body(job(job_id=7)), Reason.NO_JOB_ID),
    "job_id too long": (body(job(job_id="x" * 256)), Reason.NO_JOB_ID),
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
@pytest.mark.parametrize("content", [refusal("NotFound", "No such model."), NESTED])
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
@pytest.mark.parametrize(("status", "code"), DOCUMENTED_REFUSALS)
def test_a_refusal_of_the_api_is_a_definite_no(status, code, name):
    error, server = outcome_of(name, answer(refusal(code, "Because."), status=f"{status} No"))

    assert type(error) is Rejected
    assert error.may_have_acted is False
    assert error.reason == Reason.REJECTED
    assert (error.status_code, error.code, error.message) == (status, code, "Because.")
    assert error.exchange.request_id == "ca21b91b"
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", CALLS)
def test_a_nested_refusal_is_a_refusal_too(name):
    error, _ = outcome_of(name, answer(NESTED, status="401 Unauthorized"))

    assert type(error) is Rejected
    assert (error.code, error.message) == ("invalid_api_key", "Incorrect API key.")
    assert error.param == "model_name"


def test_a_nested_refusal_without_a_code_goes_by_its_type():
    content = b'{"error":{"message":"m","type":"invalid_request_error","code":null}}'

    error, _ = outcome_of("create", answer(content, status="400 Bad Request"))

    assert type(error) is Rejected
    assert error.code == "invalid_request_error"


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("code", DOCUMENTED_THROTTLES)
def test_a_429_with_a_code_is_a_refusal_that_is_never_tried_again(code, name):
    behaviour = answer(refusal(code), status="429 Too Many Requests", headers=("Retry-After: 7",))

    error, server = outcome_of(name, behaviour)

    assert type(error) is Throttled
    assert error.may_have_acted is False
    assert error.reason == Reason.THROTTLED
    assert error.retry_after_seconds == 7.0
    assert len(server.requests) == 1


def test_a_throttling_code_counts_whatever_the_status():
    error, _ = outcome_of("list", answer(refusal("Throttling.RateQuota"), status="400 Bad"))

    assert type(error) is Throttled
    assert error.retry_after_seconds is None


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 413, 429])
@pytest.mark.parametrize(
    "content",
    [b"", HTML, b'{"message":"no Route matched"}', b'{"code":404}', b'{"code":"  "}'],
)
def test_a_4xx_that_the_api_did_not_write_leaves_the_outcome_unknown(content, status, name):
    error, server = outcome_of(name, answer(content, status=f"{status} Gateway"))

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.NOT_FROM_THE_API
    assert error.code == ""
    assert len(server.requests) == 1


def test_a_refusal_that_brings_a_job_contradicts_itself():
    content = body(job(), code="InvalidParameter", message="m")

    error, _ = outcome_of("create", answer(content, status="400 Bad Request"))

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.UNREADABLE_ANSWER


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(("status", "code"), DOCUMENTED_SERVER_ERRORS)
def test_a_server_error_leaves_the_outcome_unknown_and_keeps_its_code(status, code, name):
    error, server = outcome_of(name, answer(refusal(code, "Later."), status=f"{status} Oops"))

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.SERVER_ERROR
    assert (error.code, error.message) == (code, "Later.")
    assert len(server.requests) == (2 if name in READS and status == 503 else 1)


@pytest.mark.parametrize(("_", "code"), DOCUMENTED_SERVER_ERRORS)
def test_a_code_of_a_server_error_is_no_definite_no_on_any_status(_, code):
    error, _server = outcome_of("create", answer(refusal(code), status="400 Bad Request"))

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.SERVER_ERROR


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("content", [b"", HTML, b"{}"])
@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 599])
def test_every_other_5xx_leaves_the_outcome_unknown(status, content, name):
    error, server = outcome_of(name, answer(content, status=f"{status} Oops"))

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.SERVER_ERROR
    assert len(server.requests) == (2 if name in READS and status in {502, 503, 504} else 1)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("status", ["101 Switching Protocols", "204 No Content", "600 What", "999"])
def test_a_status_that_nobody_documents_leaves_the_outcome_unknown(status, name):
    error, _ = outcome_of(name, reply(head(status, "Content-Length: 0")))

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.UNREADABLE_ANSWER


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("members", [{"code": ""}, {"code": None}, {"code": "Success"}])
def test_an_output_counts_more_than_a_code_beside_it(members, name):
    content = json.dumps(json.loads(GOOD_BODIES[name]) | members).encode()

    answered, _ = outcome_of(name, answer(content))

    assert answered.exchange.status_code == 200


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
