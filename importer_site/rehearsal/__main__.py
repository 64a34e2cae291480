"""`python -m importer_site.rehearsal`: plays a day and prints what it came to.

It starts everything itself: a simulator of DashScope, web servers, workers, and a SQLite file
in a directory of its own. --database names an empty PostgreSQL database instead. Whatever the
environment says of DashScope and of the installation's own database is not used.
"""

import argparse
import os
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import django

from importer_site.processes import AskedToStopError, Child, Processes, manage, say
from importer_site.rehearsal import plan
from jobs.simulator import SimulatorControl
from jobs.simulator.process import command as simulator_command

# Real times of the product, which pass as fast as the day, but never below what is sensible.
PACED = {
    "FOLLOW_INTERVAL_SECONDS": (3.0, 0.2),
    "DISCOVER_INTERVAL_SECONDS": (300.0, 1.0),
    "SETTLE_PERIOD_SECONDS": (300.0, 3.0),
    "SEND_RETRY_SECONDS": (900.0, 10.0),
    "DASHSCOPE_READ_TIMEOUT_SECONDS": (30.0, 2.0),
    "DASHSCOPE_CONNECT_TIMEOUT_SECONDS": (5.0, 1.0),
    "LEASE_SECONDS": (60.0, 10.0),
}
HOURS = 24
LIFE_SECONDS = 11.0  # of a job in the simulator at speed 1
AFTERWARDS_SECONDS = 180.0
START_SECONDS = 60.0


def main() -> int:
    """Play the day; 0 if all that was accepted came to an end and the history is whole."""
    options = _options()
    scale = plan.Scale(
        options.workspaces,
        options.people,
        options.submissions,
        options.pages,
        options.minutes,
        options.seed,
    )
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as place, suppress(AskedToStopError):
        environment = _environment(Path(place), scale, options)
        os.environ.clear()
        os.environ.update(environment)
        django.setup()
        from importer_site.rehearsal import cast

        if tables := cast.foreign_tables():
            say(f"The database is not empty: it has {', '.join(tables[:3])} ... Name another.")
            return 2
        with Processes() as processes:
            return _rehearse(processes, scale, options)
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m importer_site.rehearsal",
        description="Play a day of a large organisation against a simulator of DashScope.",
    )
    parser.add_argument("--workspaces", type=int, default=10)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--pages", type=int, default=1000, help="that people read")
    parser.add_argument("--minutes", type=float, default=3.0, help="for the whole day")
    parser.add_argument("--job-minutes", type=float, default=15.0, help="that an import takes")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--web", type=int, default=2, help="processes of the web server")
    parser.add_argument("--database", default="", help="postgres://..., of an empty database")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.database and not options.database.startswith(("postgres://", "postgresql://")):
        parser.error("--database is for PostgreSQL; without it there is a SQLite file of its own")
    if min(options.workspaces, options.people, options.workers, options.web) < 1:
        parser.error("there have to be a workspace, a person, a worker and a web process")
    if options.minutes <= 0 or options.job_minutes <= 0:
        parser.error("neither a day nor an import takes no time")
    return options


def _environment(place: Path, scale: plan.Scale, options: argparse.Namespace) -> dict[str, str]:
    """Everything that the processes get, and nothing of what this one was started with."""
    paced = {name: str(max(real / scale.speed, least)) for name, (real, least) in PACED.items()}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "ENV_FILE": "",
        "VAR_DIR": str(place),
        "DATABASE_URL": options.database or f"sqlite:///{place / 'day.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "importer_site.settings",
        "SECRET_KEY": "a-rehearsal-uses-this-key-which-protects-nothing-at-all",
        "DASHSCOPE_BASE_URL": f"http://127.0.0.1:{_free_port()}",
        "API_REQUESTS_PER_MINUTE": "1000000",
        "WEB_CONCURRENCY": str(options.web),
        "LOG_LEVEL": "ERROR",
        "PYTHONUNBUFFERED": "1",
        **paced,
    }


def _rehearse(processes: Processes, scale: plan.Scale, options: argparse.Namespace) -> int:
    from importer_site.rehearsal import cast, play, report

    simulator_url = os.environ["DASHSCOPE_BASE_URL"]
    speed = LIFE_SECONDS * scale.speed / (options.job_minutes * 60)
    words = ("--port", simulator_url.rpartition(":")[2], "--speed", str(speed))
    processes.start(Child("simulator", simulator_command(*words), os.environ))
    code, _output = processes.run(Child("set-up", manage("set_up"), os.environ))
    if code:
        return code
    empty = cast.bytes_on_disk()
    say(f"Engaging {scale.people} people ...")
    company = cast.engage(scale)
    player = play.Play(_web(processes), scale, company)
    for _ in range(options.workers):
        environment = {**os.environ, **cast.keys(scale)}
        processes.start(Child("worker", manage("run_worker"), environment, restarts=True))
    _wait_for_workers(processes, options.workers)
    say(f"Playing a day in {scale.minutes:g} minutes ...")
    found = report.Findings("PostgreSQL" if options.database else "SQLite")
    started = time.monotonic()
    with _backlog_watched(found.backlog, scale.minutes * 60 / HOURS):
        player.run(plan.deeds(scale), processes.pause)
    found.play_seconds = time.monotonic() - started
    latest = time.monotonic() + AFTERWARDS_SECONDS
    while sum(cast.under_way().values()) and time.monotonic() < latest:
        processes.pause(0.2)
    found.after_seconds = time.monotonic() - started - found.play_seconds
    found.still_under_way = sum(cast.under_way().values())
    found.endings, found.settled, found.rows = cast.endings(), cast.settled(), cast.rows()
    found.bytes_added, found.events = cast.bytes_on_disk() - empty, cast.events()
    found.calls = SimulatorControl(simulator_url).calls()
    code, _output = processes.run(Child("verification", manage("verify_audit"), os.environ))
    found.verified = code == 0
    for line in report.lines(scale, player.diary, found):
        say(line)
    return 0 if found.verified and not found.still_under_way else 1


@contextmanager
def _backlog_watched(backlog: list[dict[str, int]], hour_seconds: float) -> Iterator[None]:
    """While this lasts, note at the end of each hour of the day what is under way."""
    from django.db import connection

    from importer_site.rehearsal import cast

    ended = threading.Event()

    def look() -> None:
        while not ended.wait(hour_seconds) and len(backlog) < HOURS:
            backlog.append(cast.under_way())
        connection.close()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield
    finally:
        ended.set()
        looking.join()


def _web(processes: Processes) -> int:
    """Start the web server; its port, once it answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        number, port = listener.fileno(), int(listener.getsockname()[1])
        gunicorn = [sys.executable, "-m", "gunicorn", "importer_site.wsgi"]
        options = ["--config", "python:importer_site.gunicorn_conf", "--bind", f"fd://{number}"]
        web = Child("web server", [*gunicorn, *options], os.environ, pass_fds=(number,))
        processes.start(web)
    address = f"http://127.0.0.1:{port}/healthz"
    with urllib.request.urlopen(address, timeout=START_SECONDS) as response:
        response.read()
    return port


def _wait_for_workers(processes: Processes, count: int) -> None:
    from importer_site.rehearsal import cast

    latest = time.monotonic() + START_SECONDS
    while cast.workers_alive() < count and time.monotonic() < latest:
        processes.pause(0.1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
