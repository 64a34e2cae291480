"""An Import Desk of its own for one scenario: database, DashScope, workers, submissions."""

import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection

from jobs import actors
from jobs.choices import AttemptState, JobStatus
from jobs.models import Attempt, ImportJob, Workspace
from jobs.services import submission, workspaces
from jobs.simulator import SimulatorControl
from tests.faults.environment import worker_environment
from tests.faults.processes import Process
from tests.waiting import until

# As many creates as one worker sends at once.
SENDING_HANDS = 4


@dataclass(frozen=True)
class Submitted:
    """One submission of the scenario, by what DashScope sees of it."""

    job_id: int
    display_name: str


@dataclass
class Received:
    """What DashScope received over the whole scenario, its restarts included."""

    # By display name, in the order of arrival: the job that each create made, or None.
    creates: dict[str, list[str | None]] = field(default_factory=dict)

    def accepted(self, name: str) -> list[str]:
        """The jobs that creates under this name made."""
        return [job_id for job_id in self.creates.get(name, []) if job_id]


class Desk:
    """The stage of one scenario, in the process that owns its database settings."""

    def __init__(self, directory: Path, random: Random, **environment: str) -> None:
        self.directory = directory
        self.random = random
        self.submitted: list[Submitted] = []
        self.received = Received()
        # What befell this desk, for scenarios whose rounds do not say it.
        self.befell: Counter[str] = Counter()
        self.workspace: Workspace = workspaces.ensure_first()
        self._environment = environment
        self._workers: list[Process] = []
        self._simulator: Process | None = None
        self._port = 0
        self._number = 0

    # --- DashScope ---------------------------------------------------------------------------

    def start_dashscope(self) -> SimulatorControl:
        """Bring DashScope up: the first time on any port, then on the same with the same jobs."""
        self._simulator = Process(
            *("--port", str(self._port), "--speed", "10"),
            *("--state-file", str(self.directory / "dashscope.json")),
            environment=worker_environment(self.directory, "http://127.0.0.1:9"),
            log=self.directory / "dashscope.log",
            program=("-m", "jobs.simulator"),
        )
        address = self._simulator.wait_for_first_line().split()[-1]
        self._port = int(address.rsplit(":", 1)[1])
        self.dashscope = SimulatorControl(address)
        return self.dashscope

    def stop_dashscope(self) -> None:
        """Take DashScope down, with what it received written down here."""
        if self._simulator is not None:
            self._note_received()
            self._simulator.terminate()
            self._simulator = None

    def _note_received(self) -> None:
        for request in self.dashscope.requests(call="create"):
            name = request.json()["display_name"]
            self.received.creates.setdefault(name, []).append(request.job_id)

    def add_twin(self, name: str, **row: Any) -> str:
        """A job that somebody made elsewhere with the content of the submission of that name."""
        fields = self.fields(name)
        fields.pop("weight_type")
        return self.dashscope.add_foreign_job(**fields, **row)

    def add_background(self, count: int) -> None:
        """Ended jobs that others made before, so that the list has pages."""
        rows = [
            {
                "display_name": f"Elsewhere {number}",
                "object_key": f"models/elsewhere-{number}/",
                "status": self.random.choice(["SUCCESSED", "FAILED"]),
                "age_seconds": 3600.0 + number,
            }
            for number in range(count)
        ]
        self.dashscope.add_foreign_jobs(rows)

    # --- Submissions -------------------------------------------------------------------------

    def new_name(self) -> str:
        """A display name that no other submission of this scenario has."""
        self._number += 1
        words = ("Support tone", "客服语气", "Émile", "Résumé 🚀", "A&B <b>")
        return f"{self.random.choice(words)} #{self._number:05d}."

    def fields(self, name: str) -> dict[str, str]:
        """The content that goes with a name; the same for the same name."""
        own = Random(name)
        return {
            "base_model": own.choice(["qwen3-32b", "qwen3-8b", "qwen2.5-7b-instruct"]),
            "display_name": name,
            "bucket_name": own.choice(["acme-models", "acme-models-2"]),
            "object_key": f"models/{name.rsplit('#', 1)[1]}-{own.randrange(1000)}/",
            "weight_type": own.choice(["lora", "full"]),
        }

    def submit(self, name: str = "", **options: Any) -> Submitted:
        """Submit through the service, as the form and the API do."""
        name = name or self.new_name()
        made = submission.submit(
            self.workspace, self.fields(name), actor=actors.command_line(), **options
        )
        submitted = Submitted(made.job.pk, name)
        self.submitted.append(submitted)
        return submitted

    # --- Workers -----------------------------------------------------------------------------

    def start_worker(self, **environment: str) -> Process:
        """A worker in a process of its own, at work when this returns if no signal awaits it."""
        worker = Process(
            *("run_worker", "--skip-checks"),
            environment=worker_environment(
                self.directory,
                f"http://127.0.0.1:{self._port}",
                **(self._environment | environment),
            ),
            log=self.directory / "worker.log",
        )
        self._workers.append(worker)
        if "FAULTS_SIGNAL" not in environment:
            worker.wait_for_first_line()
        return worker

    def pause_worker(self, worker: Process) -> None:
        """Stop it by SIGSTOP, but not while it holds SQLite's write lock: that would stop
        everybody, which is another fault than this."""
        worker.stop()
        while not self.takes_writes():
            worker.send(signal.SIGCONT)
            pause(0.05)
            worker.stop()

    def takes_writes(self) -> bool:
        """Whether nobody holds the write lock; PostgreSQL has none."""
        if connection.vendor != "sqlite":
            return True
        other = self._another_program()
        free = _locked(other)
        other.close()
        return free

    @contextmanager
    def switch(self, name: str) -> Iterator[None]:
        """While this lasts, the workers' database is `read_only` or `full`."""
        path = self.directory / name
        path.touch()
        try:
            yield
        finally:
            path.unlink()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """While this lasts, another program holds the database's write lock."""
        other = self._another_program()
        try:
            until(lambda: _locked(other), seconds=20, what="the lock")
            yield
            other.execute("ROLLBACK")
        finally:
            other.close()

    def _another_program(self) -> sqlite3.Connection:
        return sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)

    # --- The end -----------------------------------------------------------------------------

    def open_jobs(self) -> int:
        """How many submissions have neither ended nor been put to a person."""
        ids = [submitted.job_id for submitted in self.submitted]
        jobs = ImportJob.objects.filter(pk__in=ids)
        asked = Attempt.objects.filter(state=AttemptState.CONFLICT).values("job")
        try:
            return (
                jobs.filter(status__in=(JobStatus.QUEUED, JobStatus.SENDING, JobStatus.UNCONFIRMED))
                .exclude(pk__in=asked)
                .count()
            )
        except OperationalError:
            return len(ids)  # locked at the moment: not known, so not ended

    def state_of(self, submitted: Submitted) -> tuple[str, str]:
        """The state of the submission's newest attempt, and how it was confirmed if it was."""
        newest = Attempt.objects.filter(job=submitted.job_id).order_by("-number")
        state, confirmed_by = newest.values_list("state", "confirmed_by")[0]
        return state, confirmed_by

    def tries_of(self, submitted: Submitted) -> int:
        """How many attempts the submission has had."""
        return Attempt.objects.filter(job=submitted.job_id).count()

    def settle(self, *, seconds: float = 60.0) -> None:
        """Wait until every submission has ended or waits for a person. Raises Overdue."""
        until(lambda: not self.open_jobs(), seconds=seconds, what="every submission settled")

    def close(self) -> list[int]:
        """End every process in good order; the exit codes of the workers."""
        codes = [worker.terminate() for worker in self._workers if worker.is_running]
        self.stop_dashscope()
        return codes

    def kill_everything(self) -> None:
        """End what is left after a scenario that broke off."""
        for worker in self._workers:
            if worker.is_running:
                worker.kill()
        self.stop_dashscope()


def pause(seconds: float) -> None:
    """Let real time pass, as a fault that lasts does."""
    threading.Event().wait(seconds)


def _locked(other: sqlite3.Connection) -> bool:
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True
