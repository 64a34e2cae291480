"""DashScope's list fails, lags, shifts or repeats while unanswered creates are looked for in it."""

from collections.abc import Callable
from typing import Any

from tests.faults.desk import Desk
from tests.faults.scenarios import scenario
from tests.faults.scenarios.answers import PAGES_OF_OTHERS, submit_under

FAILURES: list[dict[str, Any]] = [
    *({"kind": kind} for kind in ("hang", "reset", "close", "empty", "garbage", "unreadable")),
    *({"kind": kind} for kind in ("truncated", "truncated_chunks", "broken_gzip", "redirect")),
    *({"kind": "html", "status": status} for status in (200, 404, 502)),
    *({"kind": "envelope", "status": status} for status in (200, 400, 500, 503)),
    {"kind": "throttled", "seconds": 1},
    {"kind": "nested_error"},
]
BATCH = 5


def look_under(desk: Desk, rounds: int, plan: Callable[[], None]) -> None:
    """Unanswered creates in batches; `plan` says what befalls the list for each batch."""
    desk.start_dashscope()
    desk.add_background(PAGES_OF_OTHERS)
    desk.start_worker()
    left = rounds
    while left:
        batch = min(left, BATCH)
        plan()
        for _ in range(batch):
            accepted = desk.random.random() < 0.6
            kind = desk.random.choice(["close", "reset", "html"])
            submit_under(desk, {"kind": kind, "accepted": accepted})
        left -= batch
        desk.settle(seconds=120)
        desk.dashscope.clear_faults()
    desk.settle()


@scenario()
def list_failing(desk: Desk, rounds: int) -> None:
    def plan() -> None:
        for _ in range(desk.random.randint(2, 6)):
            page = desk.random.choice([1, 2])
            desk.dashscope.fault(**desk.random.choice(FAILURES), call="list", page=page)

    look_under(desk, rounds, plan)


@scenario()
def list_slow(desk: Desk, rounds: int) -> None:
    def plan() -> None:
        seconds = desk.random.uniform(0.1, 0.4)
        desk.dashscope.fault("slow", call="list", times=None, seconds=seconds)

    look_under(desk, rounds, plan)


@scenario()
def list_shifting(desk: Desk, rounds: int) -> None:
    def plan() -> None:
        for _ in range(desk.random.randint(4, 12)):
            kind = desk.random.choice(["row_added", "row_removed", "row_removed"])
            desk.dashscope.fault(kind, call="list")

    look_under(desk, rounds, plan)


@scenario()
def list_repeating(desk: Desk, rounds: int) -> None:
    look_under(
        desk,
        rounds,
        lambda: desk.dashscope.fault("repeated_rows", call="list", times=None) and None,
    )


@scenario("put_to_a_person")
def list_without_content(desk: Desk, rounds: int) -> None:
    """Rows that name a job and its status, and nothing by which one could be recognised."""

    def plan() -> None:
        times = desk.random.choice([6, 12, None])
        desk.dashscope.fault("sparse_rows", call="list", times=times)

    look_under(desk, rounds, plan)


@scenario()
def list_with_unknown_words(desk: Desk, rounds: int) -> None:
    def plan() -> None:
        word = desk.random.choice(["QUEUING", "SUCCEEDED", "暂停", "x" * 100])
        desk.dashscope.fault("unknown_status", call="list", times=8, status_word=word)

    look_under(desk, rounds, plan)
