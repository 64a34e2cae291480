"""DashScope accepts or does not, and the answer never comes, or comes as something else."""

from typing import Any

from tests.faults.desk import Desk
from tests.faults.scenarios import scenario

PAGES_OF_OTHERS = 130
SERVER_ERRORS: list[dict[str, Any]] = [
    {"kind": "envelope", "status": 500},
    {"kind": "envelope", "status": 503, "code": "ModelUnavailable"},
    {"kind": "envelope", "status": 500, "code": "RequestTimeOut"},
    {"kind": "envelope", "status": 429, "code": "InternalError"},
    {"kind": "nested_error", "status": 500},
]


def meet(desk: Desk, rounds: int, faults: list[dict[str, Any]], **options: Any) -> None:
    """One submission a round, each under a fault that is aimed at it alone."""
    desk.start_dashscope()
    desk.add_background(PAGES_OF_OTHERS)
    desk.start_worker()
    left = rounds
    while left:
        burst = min(left, desk.random.randint(1, 8))
        for _ in range(burst):
            submit_under(desk, desk.random.choice(faults), **options)
        left -= burst
        if desk.random.random() < 0.3:
            desk.settle()
    desk.settle()


def submit_under(desk: Desk, fault: dict[str, Any], **options: Any) -> None:
    """Submit one whose create meets the fault."""
    name = desk.new_name()
    desk.dashscope.fault(**(fault | options), call="create", aimed_at=name)
    desk.submit(name)


@scenario()
def accepted_then_hang(desk: Desk, rounds: int) -> None:
    meet(desk, rounds, [{"kind": "hang"}], accepted=True)


@scenario()
def accepted_then_reset(desk: Desk, rounds: int) -> None:
    meet(desk, rounds, [{"kind": "reset"}], accepted=True)


@scenario()
def accepted_then_closed(desk: Desk, rounds: int) -> None:
    meet(desk, rounds, [{"kind": "close"}], accepted=True)


@scenario()
def accepted_then_server_error(desk: Desk, rounds: int) -> None:
    meet(desk, rounds, SERVER_ERRORS, accepted=True)


@scenario()
def accepted_then_truncated(desk: Desk, rounds: int) -> None:
    kinds = ("truncated", "truncated_chunks", "reset_amid_body", "unreadable")
    # A body that is whole in spite of a wrong length still does not count as an answer.
    meet(desk, rounds, [{"kind": kind} for kind in kinds])


@scenario()
def accepted_then_html(desk: Desk, rounds: int) -> None:
    pages = [{"kind": "html", "status": status} for status in (200, 400, 404, 502, 504)]
    meet(desk, rounds, pages, accepted=True)


@scenario()
def accepted_then_no_job_id(desk: Desk, rounds: int) -> None:
    faults = [{"kind": "no_job_id"}, {"kind": "empty", "accepted": True}]
    faults += [{"kind": "envelope", "status": 200, "accepted": True}]
    meet(desk, rounds, faults)


@scenario()
def accepted_then_no_http(desk: Desk, rounds: int) -> None:
    kinds = ("garbage", "many_headers", "long_header", "endless", "broken_gzip", "drip", "redirect")
    meet(desk, rounds, [{"kind": kind} for kind in kinds], accepted=True)


@scenario()
def accepted_after_the_caller_left(desk: Desk, rounds: int) -> None:
    meet(desk, rounds, [{"kind": "slow", "seconds": seconds} for seconds in (0.9, 1.3, 1.7)])


@scenario()
def accepted_without_a_request_id(desk: Desk, rounds: int) -> None:
    meet(desk, rounds, [{"kind": "no_request_id"}])


@scenario()
def hang_before_acceptance(desk: Desk, rounds: int) -> None:
    meet(desk, rounds, [{"kind": "hang"}])


@scenario()
def server_error_before_acceptance(desk: Desk, rounds: int) -> None:
    meet(desk, rounds, SERVER_ERRORS)


@scenario()
def lost_before_acceptance(desk: Desk, rounds: int) -> None:
    kinds = ("reset", "close", "html", "empty", "redirect", "garbage", "endless")
    meet(desk, rounds, [{"kind": kind} for kind in kinds])


@scenario("rejected")
def refused_by_the_api(desk: Desk, rounds: int) -> None:
    codes = (
        (400, "InvalidParameter"),
        (400, "Arrearage"),
        (401, "InvalidApiKey"),
        (403, "AccessDenied"),
        (404, "NotFound"),
        (409, "Conflict"),
        (429, "Throttling.AllocationQuota"),
    )
    refusals: list[dict[str, Any]] = [
        {"kind": kind, "status": status, "code": code}
        for status, code in codes
        for kind in ("envelope", "nested_error")
    ]
    meet(desk, rounds, [*refusals, {"kind": "throttled"}])
