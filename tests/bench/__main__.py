"""`make bench`: how long pages take at two sizes of the history, beside a floor, in one run.

    python -m tests.bench --small 1000 --large 100000 --rounds 3 --requests 15 [--postgresql]

Each figure is the median of the rounds' medians, on one connection to one process. Rounds are
interleaved: every measure has its turn in each, so that a machine that slows down slows all.
"""

import argparse
import http.client
import json
import math
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests import postgresql
from tests.running import ROOT

START_SECONDS = 60.0
# What the large history may cost, in floors; and against the small one.
MOST_FLOORS = {
    "list": 5.0,
    "search_none": 3.0,
    "search_rare": 3.0,
    "api_list": 2.2,
    "audit": 3.5,
    "framed": 1.3,
}
MOST_GROWTH = 1.15
# Pages that hang on no history: the floor, and it behind the site's own middleware.
CONSTANT = ("floor", "framed")
LEAST_EVENTS_A_SECOND = 200_000


@dataclass
class Site:
    """One history with its pages, served as they are in production by one process."""

    jobs: int
    environment: dict[str, str]
    told: dict[str, Any] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    masters: dict[str, int] = field(default_factory=dict)

    def paths(self) -> dict[str, tuple[str, str]]:
        """Each measure's path and who asks."""
        told = self.told
        return {
            "list": ("/jobs/", "person"),
            "list_oldest": ("/jobs/?sort=oldest", "person"),
            "list_status": ("/jobs/?status=failed", "person"),
            "list_submitter": ("/jobs/?submitter=person0", "person"),
            "list_days": (f"/jobs/?since={told['day']}&until={told['until']}", "person"),
            "list_needs_person": ("/jobs/?status=needs_person", "person"),
            "list_two_workspaces": ("/jobs/", "both"),
            "search_none": ("/jobs/?q=zzzzqx", "person"),
            "search_rare": (f"/jobs/?q={told['rare']}", "person"),
            "search_common": ("/jobs/?q=qwen3", "person"),
            "search_short": (f"/jobs/?q={quote('客服')}", "person"),
            "overview": ("/", "person"),
            "audit": ("/audit/", "both"),
            "api_list": ("/api/v1/jobs?limit=50", "token"),
        }

    def headers(self, who: str) -> dict[str, str]:
        """What the asker sends."""
        if who == "token":
            return {"Authorization": f"Bearer {self.told['token']}"}
        return {"Cookie": f"sessionid={self.told[who]}"}


Found = dict[tuple[int, str], float]


@contextmanager
def served(site: Site, name: str, settings: str) -> Iterator[None]:
    """Serve the pages from one gunicorn process, and note its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        number = listener.fileno()
        gunicorn = [
            sys.executable,
            "-m",
            "gunicorn",
            "importer_site.wsgi",
            "--bind",
            f"fd://{number}",
        ]
        process = subprocess.Popen(
            [*gunicorn, "--config", "python:importer_site.gunicorn_conf"],
            cwd=ROOT,
            env=site.environment | {"DJANGO_SETTINGS_MODULE": settings, "WEB_CONCURRENCY": "1"},
            pass_fds=(number,),
        )
        try:
            site.ports[name] = listener.getsockname()[1]
            site.masters[name] = process.pid
            yield
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def asked(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> float:
    """How many milliseconds the page took."""
    started = time.perf_counter()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    spent = time.perf_counter() - started
    if response.status != http.client.OK:
        raise SystemExit(f"{path} answered {response.status}")
    return spent * 1000


def processor_ms(master: int) -> float:
    """The processor time that gunicorn's processes have used so far."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii")
    threads = [thread for pid in children.split() for thread in Path(f"/proc/{pid}/task").iterdir()]
    spent = [(thread / "schedstat").read_text(encoding="ascii").split()[0] for thread in threads]
    return sum(map(int, spent)) / 1e6


def measure(sites: list[Site], rounds: int, requests: int) -> tuple[Found, Found]:
    """The median time of each measure at each size, and of the floor at the largest, by turns;
    and the processor time, which another program's load changes little."""
    turns = [
        (site, name, "desk", path, who)
        for site in sites
        for name, (path, who) in site.paths().items()
    ]
    turns += [(sites[-1], name, name, f"/{name}", "person") for name in CONSTANT]
    times: dict[tuple[int, str], list[float]] = {}
    processor: dict[tuple[int, str], list[float]] = {}
    for number in range(rounds + 1):
        for site, name, server, path, who in turns:
            port, master = site.ports[server], site.masters[server]
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
            before = processor_ms(master) if number else 0.0
            spent = [asked(connection, path, site.headers(who)) for _ in range(requests)]
            connection.close()
            if number:  # the first round warms up
                key = (site.jobs, name)
                times.setdefault(key, []).append(statistics.median(spent))
                used = (processor_ms(master) - before) / requests
                processor.setdefault(key, []).append(used)
    return (
        {key: statistics.median(rows) for key, rows in times.items()},
        {key: statistics.median(rows) for key, rows in processor.items()},
    )


def report(sites: list[Site], found: Found, processor: Found, database: str) -> None:
    """A table for people, and one last line for machines."""
    small, large = sites[0], sites[-1]
    floor = found[large.jobs, "floor"]
    line = {"database": database, "jobs": large.jobs, "floor_ms": round(floor, 2)}
    say(f"\n{database}, {small.jobs} and {large.jobs} jobs, floor {floor:.2f} ms, p50\n")
    used = processor[large.jobs, "floor"]
    heads = ("small ms", "large ms", "x floor", "growth", "cpu ms", "cpu x", "cpu grows")
    say(f"{'measure':21}" + "".join(f"{head:>10}" for head in heads) + "  bar")
    for name in (*CONSTANT[1:], *large.paths()):
        few, many = found.get((small.jobs, name), math.nan), found[large.jobs, name]
        floors, growth = many / floor, many / few
        bars = []
        if (most := MOST_FLOORS.get(name)) is not None:
            bars.append(f"{'met' if floors <= most else 'MISSED'}: <= {most} floors")
        if name.startswith("list"):
            bars.append(f"{'met' if growth <= MOST_GROWTH else 'MISSED'}: growth <= {MOST_GROWTH}")
        cpu = processor[large.jobs, name]
        cpu_growth = cpu / processor.get((small.jobs, name), math.nan)
        numbers = (few, many, floors, growth, cpu, cpu / used, cpu_growth)
        cells = "".join(f"{number:10.2f}" for number in numbers)
        say(f"{name:21}{cells}  {', '.join(bars)}")
        line |= {
            f"{name}_floors": round(floors, 2),
            f"{name}_growth": round(growth, 2),
            f"{name}_cpu_floors": round(cpu / used, 2),
            f"{name}_cpu_growth": round(cpu_growth, 2),
        }
    events = large.told["events"]
    chain, whole = (events / large.told[f"{name}_seconds"] for name in ("chain", "verify"))
    met = "met" if chain >= LEAST_EVENTS_A_SECOND else "MISSED"
    say(f"chain verified at {chain:,.0f} events/s  {met}: >= {LEAST_EVENTS_A_SECOND:,}")
    say(f"chain and exchanges verified at {whole:,.0f} events/s")
    say(f"seeded in {large.told['seed_seconds']:.0f} s, {events} events")
    line |= {"chain_events_per_second": round(chain), "verify_events_per_second": round(whole)}
    say("BENCH " + " ".join(f"{name}={value}" for name, value in line.items()))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def prepared(jobs: int, place: Path, url: str) -> Site:
    """A site with its own records, seeded."""
    var_dir = place / str(jobs)
    var_dir.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "",
        "VAR_DIR": str(var_dir),
        "SECRET_KEY": "the-bench-alone-uses-this-key-which-protects-nothing-at-all",
        "API_REQUESTS_PER_MINUTE": "1000000",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "importer_site.settings",
    }
    if url:
        name = f"bench{jobs}"
        create = ["psql", "-qc", f"CREATE DATABASE {name}", postgresql.conninfo(url)]
        subprocess.run(create, check=True)
        environment["DATABASE_URL"] = f"{url.rpartition('/')[0]}/{name}"
    say(f"Seeding {jobs} jobs ...")
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.prepare", str(jobs)],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return Site(jobs, environment, json.loads(told.splitlines()[-1]))


def main() -> int:
    """Seed, serve, measure, report."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=15)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    options = parser.parse_args()
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        url = stack.enter_context(postgresql.running()) if options.postgresql else ""
        sites = [prepared(jobs, place, url) for jobs in (options.small, options.large)]
        for site in sites:
            stack.enter_context(served(site, "desk", "importer_site.settings"))
        for name in CONSTANT:
            stack.enter_context(served(sites[-1], name, f"tests.bench.{name}_settings"))
        found, processor = measure(sites, options.rounds, options.requests)
        report(sites, found, processor, "PostgreSQL" if options.postgresql else "SQLite")
    return 0


if __name__ == "__main__":
    sys.exit(main())
