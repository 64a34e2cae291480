"""Which answers are a definite no, which are not, and which are no answer at all."""

import json

import pytest

from jobs.dashscope import OutcomeUnknown, Reason, Rejected, Throttled
from tests.dashscope.examples import (
    CALLS,
    GATEWAY_PAGE,
    GOOD_BODIES,
    NESTED_REFUSAL,
    READS,
    body,
    job,
    outcome_of,
    refusal,
)
from tests.dashscope.raw_server import answer, head, reply

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
    error, _ = outcome_of(name, answer(NESTED_REFUSAL, status="401 Unauthorized"))

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
    [b"", GATEWAY_PAGE, b'{"message":"no Route matched"}', b'{"code":404}', b'{"code":"  "}'],
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
@pytest.mark.parametrize("content", [b"", GATEWAY_PAGE, b"{}"])
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
