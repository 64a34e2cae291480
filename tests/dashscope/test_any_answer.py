"""Whatever bytes come back, a call ends in a typed answer or in an error of the one tree."""

import json
from dataclasses import astuple
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.dashscope import DashScopeError, NotSent, OutcomeUnknown, Rejected
from tests.dashscope.examples import CALLS, GOOD_BODIES, SENT_ONCE, outcome_of
from tests.dashscope.raw_server import RawServer, head, reply

# The names that mean something, so that what is drawn comes close to what is documented.
NAMES = st.sampled_from(
    [
        "output",
        "job_id",
        "list",
        "total",
        "page_no",
        "page_size",
        "code",
        "message",
        "error",
        "type",
        "request_id",
        "storage_info",
        "bucket_name",
        "status",
        "gmt_create",
        "x",
    ]
)
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["", " ", "\x00", "\ud800", "..", "job-1", "InternalError", "2024-01-01T00:00:00+00:00"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
REFUSALS = st.fixed_dictionaries({"code": TEXTS, "message": VALUES}, optional={"output": VALUES})
DOCUMENTS = (st.dictionaries(NAMES, VALUES, max_size=5) | REFUSALS).map(
    lambda value: json.dumps(value).encode()
)
STATUSES = st.sampled_from([200, 200, 400, 404, 429, 500, 503]) | st.integers(100, 999)
GOOD = st.sampled_from(sorted(GOOD_BODIES.values()))
CUT = st.tuples(GOOD, st.integers(0, 300)).map(lambda pair: pair[0][: pair[1]])
BODIES = st.binary(max_size=200) | DOCUMENTS | CUT | GOOD | GOOD.map(bytes)
HEADER_TEXTS = st.text(st.characters(max_codepoint=255), max_size=30).map(
    lambda text: text.replace("\r", "").replace("\n", "")
)
EXTRA_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Date",
            "Retry-After",
            "X-Request-Id",
            "Content-Type",
            "Location",
            "Set-Cookie",
            "Content-Encoding",
            "Transfer-Encoding",
            "Content-Length",
            "Connection",
        ]
    ),
    HEADER_TEXTS | st.sampled_from(["gzip", "deflate, gzip", "chunked", "0", "9", "-1"]),
    max_size=3,
)


def judge(name: str, outcome: Any, server: RawServer) -> None:
    """What holds of every call, whatever came back."""
    exchange = outcome.exchange
    if isinstance(outcome, DashScopeError):
        assert not isinstance(outcome, NotSent)
        assert isinstance(outcome, OutcomeUnknown if outcome.may_have_acted else Rejected)
        assert outcome.may_have_acted or 400 <= (exchange.status_code or 0) < 500
    else:
        assert 200 <= exchange.status_code < 300
        jobs = outcome.jobs if name == "list" else [outcome.job]
        assert all(job.job_id.strip() and job.job_id.isprintable() for job in jobs)
    if name in SENT_ONCE:
        assert len(server.requests) == server.connections == exchange.requests_sent == 1
    for text in (*astuple(exchange), *exchange.response_headers.values()):
        assert not isinstance(text, str) or b"\x00" not in text.encode()


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(CALLS), STATUSES, BODIES)
def test_any_body_with_any_status_is_an_answer_or_an_error(name, status, body):
    data = head(f"{status} Any", f"Content-Length: {len(body)}") + body

    outcome, server = outcome_of(name, reply(data))

    judge(name, outcome, server)
    if not 200 <= status < 300:
        assert isinstance(outcome, DashScopeError)
    if 500 <= status < 600 or 300 <= status < 400:
        assert isinstance(outcome, OutcomeUnknown)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(CALLS), st.sampled_from(["200 OK", "400 No", "429 Slow"]), EXTRA_HEADERS, BODIES
)
def test_any_headers_around_any_body_are_an_answer_or_an_error(name, status, headers, body):
    lines = [f"{header}: {text}" for header, text in headers.items()]

    outcome, server = outcome_of(name, reply(head(status, *lines) + body))

    judge(name, outcome, server)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(CALLS), st.binary(max_size=300))
def test_any_bytes_at_all_are_an_error(name, data):
    outcome, server = outcome_of(name, reply(data))

    judge(name, outcome, server)
    assert isinstance(outcome, OutcomeUnknown)
