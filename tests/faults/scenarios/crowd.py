"""An installation of many processes, any of which dies at any moment, while people submit."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any

from django.apps import apps
from django.db import connection

from jobs.models import ImportJob
from jobs.models.leases import Leased
from tests.faults.desk import Desk, Submitted, pause
from tests.faults.environment import scenario_environment
from tests.faults.processes import Process
from tests.faults.scenarios import scenario
from tests.faults.scenarios.answers import PAGES_OF_OTHERS
from tests.faults.scenarios.company import ANY_FAULT
from tests.faults.scenarios.lists import FAILURES
from tests.faults.web import WebServer, post, token_of_a_submitter
from tests.running import ROOT

WORKERS = 4
SERVERS = 2  # of two processes each
PEOPLE = 8
AT_MOST_TRIES = 200
REFUSAL: dict[str, Any] = {"status": 400, "code": "InvalidParameter"}
PAUSED_EVERY = 5
PAUSE_SECONDS = 4.0  # beyond the lease
LEASED = [model for model in apps.get_models() if issubclass(model, Leased)]


@scenario(
    "rejected",
    engine="postgres",
    LEASE_SECONDS="3",
    SETTLE_PERIOD_SECONDS="2",
    FOLLOW_INTERVAL_SECONDS="1",
    DISCOVER_INTERVAL_SECONDS="1",
)
def crowd(desk: Desk, rounds: int) -> None:
    """Four workers, two web servers of two processes, eight people; in each round one process
    or more are killed. Whoever hears nothing asks again under the same key, or leaves it."""
    desk.start_dashscope()
    desk.add_background(PAGES_OF_OTHERS)
    token = token_of_a_submitter(desk)
    servers = [WebServer(desk) for _ in range(SERVERS)]
    with ThreadPoolExecutor(WORKERS) as starting:
        workers = list(starting.map(lambda _: desk.start_worker(), range(WORKERS)))
    for server in servers:
        server.wait_until_up()
    left_alone: list[str] = []
    try:
        with leases_watched(), ThreadPoolExecutor(PEOPLE) as people:
            for number in range(rounds):
                names = [_named(desk) for _ in range(desk.random.randint(6, 12))]
                seeds = [desk.random.random() for _ in names]
                posts = [
                    people.submit(_submit, desk, servers, token, name, Random(seed))
                    for name, seed in zip(names, seeds, strict=True)
                ]
                pause(desk.random.random() * 0.4)
                _let_die(desk, servers, workers, pausing=number % PAUSED_EVERY == PAUSED_EVERY - 1)
                heard = [posted.result() for posted in posts]
                left_alone += [name for name, was in zip(names, heard, strict=True) if not was]
            desk.settle(seconds=180)
            # Whoever left without an answer may have been heard all the same.
            for name in left_alone:
                made = ImportJob.objects.filter(display_name=name, submission_key__gt="").first()
                if made:
                    desk.submitted.append(Submitted(made.pk, name))
            desk.settle(seconds=180)
        _verify(desk)
        assert [server.stop() for server in servers] == [0] * SERVERS
    except BaseException:
        for server in servers:
            server.kill_all()
        raise
    finally:
        connection.close()


def _named(desk: Desk) -> str:
    """A name whose create meets a fault, is refused, or neither."""
    name = desk.new_name()
    chance = desk.random.random()
    if chance < 0.1:
        desk.dashscope.fault("envelope", call="create", aimed_at=name, **REFUSAL)
    elif chance < 0.5:
        accepted = desk.random.random() < 0.5
        fault = desk.random.choice(ANY_FAULT)
        desk.dashscope.fault(**fault, call="create", aimed_at=name, accepted=accepted)
    return name


def _submit(desk: Desk, servers: list[WebServer], token: str, name: str, random: Random) -> bool:
    """Ask one server or the other until there is an answer; one person in ten asks only once.
    Whether there was one."""
    patient = random.random() > 0.1
    fields = desk.fields(name)
    for attempt in range(AT_MOST_TRIES if patient else 1):
        made = post(random.choice(servers).port, token, f"crowd-{name[-6:-1]}", fields)
        if attempt:
            desk.befell["posts repeated"] += 1
        if made is not None:
            desk.submitted.append(Submitted(made, name))
            return True
        desk.befell["posts unanswered"] += 1
        pause(0.1)
    assert not patient, f"{name!r} was never taken"
    return False


def _let_die(
    desk: Desk, servers: list[WebServer], workers: list[Process], *, pausing: bool
) -> None:
    """A worker, and a process of the web, a whole server, a list, or nothing more."""
    victim = workers.pop(desk.random.randrange(WORKERS))
    if pausing:
        # It stands still beyond its lease, and wakes when others have its work.
        victim.send(signal.SIGSTOP)
        pause(PAUSE_SECONDS)
        victim.send(signal.SIGCONT)
        workers.append(victim)
        desk.befell["workers paused beyond their leases"] += 1
    else:
        victim.kill()
        workers.append(desk.start_worker())
        desk.befell["workers killed"] += 1
    chance = desk.random.random()
    server = desk.random.choice(servers)
    if chance < 0.5:
        desk.befell["web processes killed"] += server.kill_one(desk.random)
    elif chance < 0.7:
        server.kill_all()
        server.start()
        desk.befell["web servers killed whole"] += 1
    elif chance < 0.85:
        desk.dashscope.fault(**desk.random.choice(FAILURES), call="list")


@contextmanager
def leases_watched() -> Iterator[None]:
    """While this lasts, look again and again at who holds what: one number of a row's lease has
    one holder, and numbers only grow."""
    ended = threading.Event()
    faults: list[str] = []

    def watch() -> None:
        holders: dict[tuple[str, int, int], str] = {}
        numbers: dict[tuple[str, int], int] = {}
        while not ended.wait(0.05):
            for model in LEASED:
                rows = model._default_manager.exclude(lease_owner="")
                for pk, number, owner in rows.values_list("pk", "lease_number", "lease_owner"):
                    table = model._meta.db_table
                    if holders.setdefault((table, pk, number), owner) != owner:
                        faults.append(f"{table} {pk}: lease {number} had two holders")
                    if numbers.get((table, pk), 0) > number:
                        faults.append(f"{table} {pk}: lease {number} after a later one")
                    numbers[table, pk] = number
        connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    assert faults == [], faults[:5]


def _verify(desk: Desk) -> None:
    """The command that an operator would run finds the history whole."""
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_audit"],
        cwd=ROOT,
        env=scenario_environment(desk.directory, os.environ["DATABASE_URL"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
