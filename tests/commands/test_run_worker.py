"""`manage.py run_worker`, as a process that an operator starts and stops."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from jobs.choices import AttemptState, JobStatus
from jobs.models import Attempt, ImportJob, User, WorkerHeartbeat, Workspace
from jobs.simulator import Simulator
from tests.making import make_attempt, make_job
from tests.running import ROOT

STOP_SECONDS = 30.0


def intend(workspace: Workspace, by: User) -> Attempt:
    return make_attempt(make_job(workspace, by=by, status=JobStatus.QUEUED))


def database_url() -> str:
    """The test's own database, for another process."""
    stored = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{stored['NAME']}"
    return f"postgres://{stored['USER']}@/{stored['HOST']}/{stored['NAME']}"


@contextmanager
def worker(simulator: Simulator) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own, which has said that it is at work."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "importer_site.settings",
            "DATABASE_URL": database_url(),
            "DASHSCOPE_BASE_URL": simulator.base_url,
            "PYTHONUNBUFFERED": "1",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            assert process.stdout.readline().endswith(" is at work.\n")
            yield process
        finally:
            process.kill()


def test_once_does_what_is_due_and_ends(
    workspace: Workspace, bob: User, simulator: Simulator
) -> None:
    attempts = [intend(workspace, bob) for _ in range(3)]

    call_command("run_worker", "--once", stdout=StringIO())

    assert set(Attempt.objects.values_list("state", flat=True)) == {AttemptState.CONFIRMED}
    assert len(simulator.requests(call="create")) == len(attempts)
    assert WorkerHeartbeat.objects.get().stopped_at


@pytest.mark.django_db(transaction=True)
def test_sigterm_lets_the_call_in_hand_end(
    workspace: Workspace, bob: User, simulator: Simulator
) -> None:
    intend(workspace, bob)
    held_back = simulator.fault("slow", call="create", seconds=STOP_SECONDS, accepted=True)

    with worker(simulator) as process:
        held_back.wait_until_struck(timeout_seconds=STOP_SECONDS)
        process.terminate()
        assert process.stdout
        assert process.stdout.readline() == "Finishing the steps in hand.\n"
        held_back.release()
        code = process.wait(STOP_SECONDS)

    assert code == 0
    assert ImportJob.objects.get().status == JobStatus.PENDING
    assert len(simulator.requests(call="create")) == 1
    assert WorkerHeartbeat.objects.get().stopped_at


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_leaves_a_call_that_is_never_made_again(
    workspace: Workspace, bob: User, simulator: Simulator
) -> None:
    intend(workspace, bob)
    held_back = simulator.fault("hang", call="create", accepted=True)

    with worker(simulator) as process:
        held_back.wait_until_struck(timeout_seconds=STOP_SECONDS)
        process.kill()
        process.wait(STOP_SECONDS)
    call_command("run_worker", "--once", stdout=StringIO())

    assert Attempt.objects.get().state == AttemptState.SENDING
    assert len(simulator.requests(call="create")) == 1
