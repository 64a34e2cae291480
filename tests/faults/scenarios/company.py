"""Others act at the same time: workers, people, equal submissions, clocks."""

import threading
from typing import Any

from django.db import connection

from jobs import actors
from jobs.services import submission
from tests.faults.desk import Desk, Submitted, pause
from tests.faults.scenarios import scenario
from tests.faults.scenarios.answers import PAGES_OF_OTHERS, SERVER_ERRORS, submit_under
from tests.faults.scenarios.lists import FAILURES
from tests.waiting import until

ANY_FAULT: list[dict[str, Any]] = [
    *({"kind": kind} for kind in ("hang", "reset", "close", "html", "garbage")),
    *SERVER_ERRORS,
    {"kind": "slow", "seconds": 0.4},
    {"kind": "slow", "seconds": 1.1},
]
AGAIN = {"allow_duplicate": True, "reason": "the campaign wants it twice"}


def any_submission(desk: Desk) -> Submitted:
    """One under any fault, refused, or under no fault."""
    chance = desk.random.random()
    if chance < 0.3:
        return desk.submit()
    if chance < 0.4:
        return submit_under(desk, {"kind": "envelope", "status": 400})
    fault = desk.random.choice(ANY_FAULT)
    return submit_under(desk, fault | {"accepted": desk.random.random() < 0.5})


@scenario()
def dashscope_down_and_back(desk: Desk, rounds: int) -> None:
    """Refused connections: nothing left, so each is tried again until DashScope is back."""
    desk.start_dashscope()
    desk.start_worker()
    left = rounds
    while left:
        desk.settle()
        desk.stop_dashscope()
        batch = min(left, desk.random.randint(3, 8))
        submitted = [desk.submit() for _ in range(batch)]
        until(
            lambda submitted=submitted: all(desk.tries_of(one) > 1 for one in submitted),
            seconds=60,
            what="refused at least once",
        )
        desk.start_dashscope()
        left -= batch
    desk.settle(seconds=180)


@scenario("rejected")
def three_workers_at_once(desk: Desk, rounds: int) -> None:
    desk.start_dashscope()
    desk.add_background(PAGES_OF_OTHERS)
    for _ in range(3):
        desk.start_worker()
    for _ in range(rounds):
        any_submission(desk)
        if desk.random.random() < 0.2:
            pause(desk.random.random() * 0.5)
    desk.settle(seconds=120)


@scenario("put_to_a_person")
def equal_submissions_both_unanswered(desk: Desk, rounds: int) -> None:
    """The guard was overridden; at most one of the two was accepted, or both were."""
    desk.start_dashscope()
    desk.start_worker()
    for _ in range(rounds):
        _twice(desk, first_lost=True, second_lost=True)
    desk.settle()


@scenario("put_to_a_person")
def equal_submissions_one_answered(desk: Desk, rounds: int) -> None:
    desk.start_dashscope()
    desk.start_worker()
    for number in range(rounds):
        _twice(desk, first_lost=number % 2 == 0, second_lost=number % 2 == 1)
    desk.settle()


def _twice(desk: Desk, *, first_lost: bool, second_lost: bool) -> None:
    name = desk.new_name()
    for lost, options in ((first_lost, {}), (second_lost, AGAIN)):
        if lost:
            kind = desk.random.choice(["close", "reset", "html", "hang"])
            accepted = desk.random.random() < 0.6
            desk.dashscope.fault(kind, call="create", aimed_at=name, accepted=accepted)
        one = desk.submit(name, **options)
        until(
            lambda one=one: desk.state_of(one)[0] != "intended", seconds=30, what="the call begun"
        )
        if desk.random.random() < 0.5:
            until(lambda one=one: desk.state_of(one)[0] != "sending", seconds=30, what="its end")


@scenario("put_to_a_person")
def foreign_twin_at_the_same_time(desk: Desk, rounds: int) -> None:
    """Somebody makes the same at the console while our answer gets lost: nobody may guess."""
    desk.start_dashscope()
    desk.start_worker()
    for _ in range(rounds):
        name = desk.new_name()
        fault = desk.dashscope.fault("hang", call="create", aimed_at=name, accepted=True)
        desk.submit(name)
        fault.wait_until_struck(timeout_seconds=30)
        desk.add_twin(name)
    desk.settle()


@scenario("rejected", DISCOVER_INTERVAL_SECONDS="0.01", FOLLOW_INTERVAL_SECONDS="0.05")
def discovery_racing(desk: Desk, rounds: int) -> None:
    """The list is read without a pause while creates are under way or unanswered."""
    desk.start_dashscope()
    for _ in range(2):
        desk.start_worker()
    for _ in range(rounds):
        any_submission(desk)
        pause(desk.random.random() * 0.1)
    desk.settle(seconds=120)


@scenario()
def clocks_that_disagree(desk: Desk, rounds: int) -> None:
    desk.start_dashscope()
    desk.start_worker()
    left = rounds
    while left:
        desk.dashscope.clock.set_skew(desk.random.uniform(-900, 900))
        batch = min(left, 5)
        for _ in range(batch):
            accepted = desk.random.random() < 0.7
            submit_under(desk, {"kind": "close", "accepted": accepted})
        left -= batch
        desk.settle()


@scenario("put_to_a_person")
def clocks_set_between_call_and_walk(desk: Desk, rounds: int) -> None:
    """The job's own time no longer fits the call; it exists, and may not be called absent."""
    desk.start_dashscope()
    desk.start_worker()
    left = rounds
    while left:
        batch = min(left, 5)
        for _ in range(batch):
            name = desk.new_name()
            fault = desk.dashscope.fault("hang", call="create", aimed_at=name, accepted=True)
            desk.submit(name)
            fault.wait_until_struck(timeout_seconds=30)
            desk.dashscope.clock.set_skew(desk.random.uniform(-900, 900))
        left -= batch
        desk.settle()


@scenario()
def one_form_posted_many_times(desk: Desk, rounds: int) -> None:
    """Eight posts of one form at once, by two people, under a worker that sends at once."""
    desk.start_dashscope()
    desk.start_worker()
    for _ in range(rounds):
        name = desk.new_name()
        made: set[int] = set()
        gate = threading.Barrier(8)

        def post(name: str = name, made: set[int] = made, gate: Any = gate) -> None:
            gate.wait()
            try:
                posted = submission.submit(
                    desk.workspace,
                    desk.fields(name),
                    actor=actors.command_line(),
                    submission_key=f"form {name}",
                )
                made.add(posted.job.pk)
            finally:
                connection.close()

        people = [threading.Thread(target=post) for _ in range(8)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        assert len(made) == 1, made
        desk.submitted.append(Submitted(made.pop(), name))
    desk.settle()


@scenario("rejected")
def everything_at_once(desk: Desk, rounds: int) -> None:
    """Any fault of a create, a failing list, and workers that are killed at any moment."""
    desk.start_dashscope()
    desk.add_background(PAGES_OF_OTHERS)
    workers = [desk.start_worker(), desk.start_worker()]
    for _ in range(rounds):
        for _ in range(desk.random.randint(1, 3)):
            any_submission(desk)
        if desk.random.random() < 0.3:
            desk.dashscope.fault(**desk.random.choice(FAILURES), call="list")
        pause(desk.random.random() * 0.5)
        if desk.random.random() < 0.5:
            workers.pop(0).kill()
            workers.append(desk.start_worker())
    desk.settle(seconds=180)
