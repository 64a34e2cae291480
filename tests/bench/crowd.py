"""Many people at once: pages and submissions while a worker is at work.

    python -m tests.bench.crowd --seconds 60 [--readers 64] [--submitters 8] [--postgresql]

Everyone asks again as soon as the answer is there, so the machine is full all the time and what
is measured is how evenly it serves. Each request has a connection of its own, as from a proxy
that keeps none open; with --keep each person keeps theirs, and stays with one web process.
"""

import argparse
import http.client
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from jobs.simulator.process import command as simulator_command
from tests import postgresql
from tests.running import ROOT

PATIENCE_SECONDS = 120.0
WARM_UP_SECONDS = 3.0
PAGES = ("/jobs/", "/jobs/", "/jobs/?status=failed", "/")
MOST = {"reads": 8.0, "submissions": 10.0}  # p99 in p50


@dataclass
class Tally:
    """The times of one kind of request, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        return sorted(self.seconds)[int(len(self.seconds) * share)] * 1000


class Person(threading.Thread, ABC):
    """Asks for one thing after the other until the time is over."""

    def __init__(self, port: int, until: float, *, keep: bool) -> None:
        super().__init__()
        self.tally = Tally()
        self._port, self._until, self._keep = port, until, keep
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        while time.perf_counter() < self._until:
            began = time.perf_counter()
            method, path, headers, body = self.request()
            outcome = self._ask(method, path, headers, body)
            if outcome in ("200", "201"):
                self.tally.seconds.append(time.perf_counter() - began)
            else:
                self.tally.errors[outcome] += 1

    @abstractmethod
    def request(self) -> tuple[str, str, dict[str, str], bytes | None]:
        """What to ask next: method, path, headers and body."""

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> str:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=PATIENCE_SECONDS
            )
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            response.read()
            return str(response.status)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return type(error).__name__
        finally:
            if not self._keep:
                self._connection.close()
                self._connection = None


class Reader(Person):
    """Looks at lists and at the first page."""

    def __init__(self, port: int, until: float, *, keep: bool, session: str) -> None:
        super().__init__(port, until, keep=keep)
        self._headers = {"Cookie": f"sessionid={session}"}

    def request(self) -> tuple[str, str, dict[str, str], bytes | None]:
        return "GET", random.choice(PAGES), self._headers, None


class Submitter(Person):
    """Submits through the API."""

    def __init__(self, port: int, until: float, *, keep: bool, token: str) -> None:
        super().__init__(port, until, keep=keep)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def request(self) -> tuple[str, str, dict[str, str], bytes | None]:
        fields = {
            "base_model": "qwen3-32b",
            "display_name": "客服意图识别",
            "bucket_name": "acme-models",
            "object_key": f"models/{secrets.token_hex(8)}/",
            "weight_type": "lora",
        }
        return "POST", "/api/v1/jobs", self._headers, json.dumps(fields).encode()


@contextmanager
def running(
    command: list[str], environment: dict[str, str], **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with the block."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, **options
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        assert process.stdout
        process.stdout.close()


def manage(*words: str) -> list[str]:
    return [sys.executable, "manage.py", *words]


def seeded(jobs: int, environment: dict[str, str]) -> tuple[str, str]:
    """The session of a person who reads and the token of one who submits, in a new history."""
    say(f"Seeding {jobs} jobs ...")

    def said(*words: str) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    told = json.loads(said("-m", "tests.bench.prepare", str(jobs)).splitlines()[-1])
    token = said("manage.py", "create_token", "person0", "--name", "crowd").split()[-1]
    return told["person"], token


def main() -> int:
    """Seed, serve, let everybody in, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowd")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--readers", type=int, default=64)
    parser.add_argument("--submitters", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--web", type=int, default=2, help="processes of the web server")
    parser.add_argument("--keep", action="store_true", help="one connection for each person")
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    options = parser.parse_args()
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench"))
        environment = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": "",
            "VAR_DIR": place,
            "SECRET_KEY": "the-bench-alone-uses-this-key-which-protects-nothing-at-all",
            "API_REQUESTS_PER_MINUTE": "1000000",
            "LOG_LEVEL": "ERROR",
            "PYTHONUNBUFFERED": "1",
            "WEB_CONCURRENCY": str(options.web),
            "DJANGO_SETTINGS_MODULE": "importer_site.settings",
        }
        if options.postgresql:
            environment["DATABASE_URL"] = stack.enter_context(postgresql.running(durable=True))
        simulator = running(simulator_command("--port", "0"), environment)
        printed = stack.enter_context(simulator).stdout
        assert printed
        environment["DASHSCOPE_BASE_URL"] = printed.readline().split()[-1]
        session, token = seeded(options.jobs, environment)
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            number, port = listener.fileno(), listener.getsockname()[1]
            gunicorn = [sys.executable, "-m", "gunicorn", "importer_site.wsgi"]
            words = ["--config", "python:importer_site.gunicorn_conf", "--bind", f"fd://{number}"]
            web = running([*gunicorn, *words], environment, pass_fds=(number,))
            stack.enter_context(web)
        keys = {"DASHSCOPE_API_KEY": "sk-simulator.crowd"}
        worker = stack.enter_context(running(manage("run_worker"), environment | keys))
        assert worker.stdout
        worker.stdout.readline()
        # The first pages of a process are slow.
        Reader(port, time.perf_counter() + WARM_UP_SECONDS, keep=False, session=session).run()
        until = time.perf_counter() + options.seconds
        say(f"{options.readers} read and {options.submitters} submit for {options.seconds:.0f} s")
        readers = [
            Reader(port, until, keep=options.keep, session=session) for _ in range(options.readers)
        ]
        submitters = [
            Submitter(port, until, keep=options.keep, token=token)
            for _ in range(options.submitters)
        ]
        for person in (*readers, *submitters):
            person.start()
        for person in (*readers, *submitters):
            person.join()
        return report(
            {"reads": together(readers), "submissions": together(submitters)},
            options.seconds,
            "PostgreSQL" if options.postgresql else "SQLite",
        )


def together(people: Sequence[Person]) -> Tally:
    """All their times in one."""
    tally = Tally()
    for person in people:
        tally.seconds += person.tally.seconds
        tally.errors += person.tally.errors
    return tally


def report(tallies: dict[str, Tally], seconds: float, database: str) -> int:
    """A table for people and a line for machines; 1 if there was an error."""
    line: dict[str, object] = {"database": database}
    say(f"{'':12}{'count':>8}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'p99/p50':>9}{'errors':>8}")
    for name, tally in tallies.items():
        count, errors = len(tally.seconds), tally.errors.total()
        p50, p99 = tally.quantile(0.5), tally.quantile(0.99)
        met = "met" if p99 <= MOST[name] * p50 and not errors else "MISSED"
        say(
            f"{name:12}{count:8}{count / seconds:10.1f}{p50:9.0f}{p99:9.0f}{p99 / p50:9.1f}"
            f"{errors:8}  {met}: <= {MOST[name]:.0f}, no errors {dict(tally.errors) or ''}"
        )
        line |= {f"{name}_p50_ms": round(p50), f"{name}_p99_p50": round(p99 / p50, 1)}
        line |= {f"{name}_errors": errors}
    say("BENCH " + " ".join(f"{name}={value}" for name, value in line.items()))
    return 1 if any(tally.errors for tally in tallies.values()) else 0


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
