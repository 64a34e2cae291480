import copy
import inspect
import re

import pytest

from jobs.dashscope import (
    DashScopeError,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    Throttled,
    errors,
)
from jobs.dashscope.faults import NOTHING_LEFT, reason_of
from tests.dashscope.examples import outcome_of, refusal
from tests.dashscope.raw_server import answer, close_without_answer

FAMILY = {
    DashScopeError: True,
    NotSent: False,
    Rejected: False,
    Throttled: False,
    OutcomeUnknown: True,
}


def test_each_error_answers_whether_the_other_side_may_have_acted():
    assert {kind: kind.may_have_acted for kind in FAMILY} == FAMILY


def test_the_drawing_shows_every_error_and_its_answer():
    drawn = re.findall(r"── (\w+) +(no|perhaps)", inspect.getdoc(errors) or "")
    defined = {
        name: "perhaps" if kind.may_have_acted else "no"
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, DashScopeError) and kind is not DashScopeError
    }

    assert dict(drawn) == defined
    assert set(FAMILY) == {DashScopeError, *(getattr(errors, name) for name in defined)}


def test_reasons_are_stored_and_therefore_keep_their_words():
    assert sorted(Reason) == [
        "body_cut",
        "certificate",
        "connect_timeout",
        "connection_lost",
        "deadline",
        "dns",
        "error_in_200",
        "no_job_id",
        "not_from_the_api",
        "other_job",
        "proxy",
        "read_timeout",
        "redirected",
        "refused",
        "rejected",
        "server_error",
        "throttled",
        "too_large",
        "unforeseen",
        "unreachable",
        "unreadable_answer",
    ]


def test_what_no_row_knows_is_unforeseen_and_proves_nothing():
    assert reason_of(ZeroDivisionError()) == Reason.UNFORESEEN
    assert Reason.UNFORESEEN not in NOTHING_LEFT


def test_an_error_that_leads_back_to_itself_is_read_to_its_end():
    first, second = ZeroDivisionError(), ConnectionResetError()
    first.__context__, second.__context__ = second, first

    assert reason_of(first) == Reason.CONNECTION_LOST


@pytest.mark.parametrize(
    "behaviour",
    [
        close_without_answer,
        answer(refusal(), status="400 Bad Request"),
        answer(refusal("Throttling"), status="429 Slow", headers=("Retry-After: 3",)),
    ],
)
def test_an_error_is_copied_whole_as_pickling_does_it(behaviour):
    error, _ = outcome_of("create", behaviour)

    again = copy.deepcopy(error)

    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_an_error_says_what_was_called_and_what_came_of_it():
    error, _ = outcome_of("create", answer(refusal(), status="400 Bad Request"))

    assert str(error) == (
        "POST /api/v1/custom_models/import: rejected, HTTP 400, "
        "InvalidParameter: Bad value., request id ca21b91b"
    )
    assert repr(error) == f"<Rejected {error}>"


def test_an_error_without_an_answer_says_what_was_caught():
    error, _ = outcome_of("create", close_without_answer)

    assert str(error) == (
        "POST /api/v1/custom_models/import: connection_lost "
        "(ConnectionError < ProtocolError < RemoteDisconnected)"
    )
    assert (error.code, error.message, error.param) == ("", "", "")
