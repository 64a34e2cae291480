"""A worker dies, or stands still, at every point of its work."""

import json
import signal

from jobs.simulator.faults import FaultHandle
from tests.faults.desk import SENDING_HANDS, Desk, Submitted, pause
from tests.faults.processes import Process
from tests.faults.scenarios import scenario
from tests.faults.scenarios.answers import PAGES_OF_OTHERS, submit_under
from tests.waiting import until

PAUSED = 3  # workers at a time
MOMENTS = ("before", "after", "before its commit", "after its commit")

CLAIM = r'^UPDATE "jobs_attempt" SET "lease_owner"'
MARK = r'^UPDATE "jobs_attempt" SET "state".*"sent_at"'
KEEP = r'^INSERT INTO "jobs_exchange"'
END = r'^UPDATE "jobs_attempt" SET "state".*"(ended_at|settle_until)"'
LOOK = r'^INSERT INTO "jobs_walk"'
ADOPT = r'^UPDATE "jobs_attempt" SET "state".*"confirmed_by"'
COUNT = r'^UPDATE "jobs_attempt" SET "clean_walks"'


def die_at(desk: Desk, at: str, moment: str) -> Process:
    """A worker that ends by SIGKILL when it comes to the statement."""
    return _signalled(desk, at, moment, "SIGKILL")


def _signalled(desk: Desk, at: str, moment: str, name: str) -> Process:
    planned = {"at": at, "moment": moment, "signal": name}
    return desk.start_worker(FAULTS_SIGNAL=json.dumps(planned))


def wait_for_death(worker: Process) -> None:
    """Until SIGKILL ended it, and by nothing else."""
    code = worker.wait(60)
    worker.close()
    assert code == -signal.SIGKILL, code


def heal(desk: Desk) -> None:
    """A worker that nothing ails takes over what the dead ones left."""
    desk.start_worker()
    desk.settle()


@scenario(engine="sqlite")
def killed_between_claim_and_intent_to_send(desk: Desk, rounds: int) -> None:
    """Claimed, but provably not sent: simply sent by the next one."""
    desk.start_dashscope()
    for _ in range(rounds):
        desk.submit()
        at, moment = desk.random.choice(
            [(CLAIM, moment) for moment in MOMENTS] + [(MARK, moment) for moment in MOMENTS[:3]]
        )
        wait_for_death(die_at(desk, at, moment))
    heal(desk)


@scenario(engine="sqlite")
def killed_between_intent_and_call(desk: Desk, rounds: int) -> None:
    """The intent to send is on disk and nothing left: found absent, and not sent again."""
    desk.start_dashscope()
    for _ in range(rounds):
        desk.submit()
        wait_for_death(die_at(desk, MARK, "after its commit"))
    heal(desk)


@scenario()
def killed_during_the_call(desk: Desk, rounds: int) -> None:
    """Up to four calls under way at once, accepted or not, when the worker is killed."""
    desk.start_dashscope()
    desk.add_background(PAGES_OF_OTHERS)
    for _ in range(rounds):
        fault = desk.dashscope.fault("hang", call="create", accepted=desk.random.random() < 0.6)
        others = desk.random.randrange(SENDING_HANDS)
        desk.submit()
        for _ in range(others):
            submit_under(desk, {"kind": "hang", "accepted": desk.random.random() < 0.6})
        worker = desk.start_worker()
        fault.wait_until_struck()
        pause(desk.random.random() * 0.4)
        worker.kill()
        desk.dashscope.clear_faults()
    heal(desk)


@scenario(engine="sqlite")
def killed_between_answer_and_commit(desk: Desk, rounds: int) -> None:
    """The answer is in memory alone when the worker dies; a refusal is then found absent."""
    desk.start_dashscope()
    for _ in range(rounds):
        if desk.random.random() < 0.3:
            submit_under(desk, {"kind": "envelope", "status": 400})
        else:
            desk.submit()
        at, moment = desk.random.choice(
            [(at, moment) for at in (KEEP, END) for moment in MOMENTS[:3]]
        )
        wait_for_death(die_at(desk, at, moment))
    heal(desk)


@scenario(engine="sqlite")
def killed_with_an_unclear_answer(desk: Desk, rounds: int) -> None:
    """As before, with an answer that says nothing clear."""
    desk.start_dashscope()
    for _ in range(rounds):
        accepted = desk.random.random() < 0.5
        submit_under(desk, {"kind": "envelope", "status": 500, "accepted": accepted})
        at = desk.random.choice([KEEP, END])
        wait_for_death(die_at(desk, at, desk.random.choice(MOMENTS)))
    heal(desk)


@scenario(engine="sqlite")
def killed_after_the_commit(desk: Desk, rounds: int) -> None:
    """All is on disk: the next worker has nothing to find out."""
    desk.start_dashscope()
    for _ in range(rounds):
        desk.submit()
        wait_for_death(die_at(desk, KEEP, "after its commit"))
    heal(desk)


@scenario(engine="sqlite")
def killed_while_settling(desk: Desk, rounds: int) -> None:
    """Somewhere in a walk that finds, or does not find, what an unanswered create made."""
    desk.start_dashscope()
    desk.add_background(PAGES_OF_OTHERS)
    for _ in range(rounds):
        accepted = desk.random.random() < 0.5
        submit_under(desk, {"kind": "close", "accepted": accepted})
        at = desk.random.choice([LOOK, ADOPT if accepted else COUNT])
        wait_for_death(die_at(desk, at, desk.random.choice(MOMENTS)))
    heal(desk)


@scenario()
def stopped_in_good_order_during_the_call(desk: Desk, rounds: int) -> None:
    """SIGTERM while a call is under way: its answer is still taken in, by that worker."""
    desk.start_dashscope()
    for _ in range(rounds):
        name = desk.new_name()
        fault = desk.dashscope.fault("slow", call="create", aimed_at=name, accepted=True)
        submitted = desk.submit(name)
        worker = desk.start_worker()
        fault.wait_until_struck()
        worker.send(signal.SIGTERM)
        pause(desk.random.random() * 0.2)
        fault.release()
        assert worker.wait(30) == 0
        worker.close()
        assert desk.state_of(submitted) == ("confirmed", "answer"), desk.state_of(submitted)
    heal(desk)


@scenario()
def paused_beyond_its_lease_during_the_call(desk: Desk, rounds: int) -> None:
    """SIGSTOP while calls are under way; another worker takes over; then SIGCONT."""
    desk.start_dashscope()
    left = rounds
    while left:
        batch = min(left, PAUSED * SENDING_HANDS)
        left -= batch
        faults = []
        submitted = []
        for _ in range(batch):
            name = desk.new_name()
            faults.append(desk.dashscope.fault("slow", call="create", aimed_at=name, accepted=True))
            submitted.append(desk.submit(name))
        workers = [desk.start_worker() for _ in range(PAUSED)]
        for fault in faults:
            fault.wait_until_struck(timeout_seconds=30)
        for worker in workers:
            desk.pause_worker(worker)
        _wake_when_settled(desk, submitted, workers, faults)
    heal(desk)


@scenario(engine="sqlite")
def paused_beyond_its_lease_before_the_call(desk: Desk, rounds: int) -> None:
    """The intent to send is on disk, and the worker stands still: when it wakes, it must not
    send what was called unknown meanwhile."""
    desk.start_dashscope()
    left = rounds
    while left:
        batch = min(left, PAUSED)
        left -= batch
        submitted = []
        workers = []
        for _ in range(batch):
            submitted.append(desk.submit())
            workers.append(_signalled(desk, MARK, "after its commit", "SIGSTOP"))
            until(
                lambda worker=workers[-1]: worker.is_stopped,
                seconds=30,
                what="the worker standing still",
            )
            if not desk.takes_writes():
                workers.pop().kill()  # one of its hands holds the lock, and would stop everybody
        _wake_when_settled(desk, submitted, workers, [])
    heal(desk)
    assert desk.dashscope.requests(call="create") == []


def _wake_when_settled(
    desk: Desk, submitted: list[Submitted], workers: list[Process], faults: list[FaultHandle]
) -> None:
    heir = desk.start_worker()
    until(
        lambda: not any(desk.state_of(one)[0] == "sending" for one in submitted),
        seconds=60,
        what="the paused calls noticed",
    )
    for fault in faults:
        fault.release()
    for worker in workers:
        worker.send(signal.SIGCONT)
    desk.settle()
    for worker in (*workers, heir):
        assert worker.terminate() == 0
