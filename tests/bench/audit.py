"""What the history costs: writing with and without its chain, verifying, exporting.

    python -m tests.bench.audit --jobs 20000 --seconds 4 --clients 1 8 32 [--postgresql]

The two ways of writing take turns in each round, so that a machine that slows down slows both.
"""

import argparse
import json
import multiprocessing
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests import postgresql
from tests.running import ROOT

ROUNDS = 3
LEAST_SHARES = {1: 0.85, 8: 0.7, 32: 0.7}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"


def main() -> int:
    """Run the measures in a process with settings of its own, and pass on what it says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.audit")
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        return STEPS[options.step](options)
    with tempfile.TemporaryDirectory(prefix="bench") as place:
        environment = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": "",
            "VAR_DIR": place,
            "SECRET_KEY": "the-bench-alone-uses-this-key-which-protects-nothing-at-all",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "importer_site.settings",
        }
        if not options.postgresql:
            return measure(environment, "SQLite")
        with postgresql.running(durable=True) as url:
            return measure(environment | {"DATABASE_URL": url}, "PostgreSQL")


def measure(environment: dict[str, str], database: str) -> int:
    """Each step in a process of its own, with the site's settings. This one stays small: what
    a process has in memory counts for the processes that it starts."""
    events = step("seed", environment)["events"]
    found = {"database": database, "events": events}
    found |= measure_reading(environment, events) | step("write", environment)
    say("BENCH " + " ".join(f"{name}={value}" for name, value in found.items()))
    return 0


def step(name: str, environment: dict[str, str]) -> dict[str, Any]:
    """Run the step; its last line is what it found."""
    command = [sys.executable, "-m", "tests.bench.audit", *sys.argv[1:], "--step", name]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        found = ""
        for line in process.stdout:
            if found:
                say(found.rstrip())
            found = line
    return dict(json.loads(found))


def seed_step(options: argparse.Namespace) -> int:
    """Migrate and seed."""
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench.seeding import seed

    call_command("migrate", verbosity=0)
    say(json.dumps({"events": seed(options.jobs).events}))
    return 0


def write_step(options: argparse.Namespace) -> int:
    """Measure the writing."""
    import django

    django.setup()
    from jobs.models import User

    person = User.objects.order_by("pk")[0]
    say(json.dumps(measure_writing(options.clients, options.seconds, person)))
    return 0


STEPS = {"seed": seed_step, "write": write_step}


def measure_reading(environment: dict[str, str], events: int) -> dict[str, Any]:
    """Verifying and exporting the whole history, each in a process of its own."""
    found: dict[str, Any] = {}
    base, base_mb = commanded(environment, "check")
    with tempfile.TemporaryDirectory(prefix="bench") as place:
        path = Path(place) / "history.zip"
        for name, words in (
            ("verify", ["verify_audit"]),
            ("export", ["export_audit", "--output", str(path)]),
        ):
            seconds, megabytes = commanded(environment, *words)
            rate = events / max(seconds - base, 0.001)
            say(
                f"{name:>8}: {rate:,.0f} events/s, {seconds - base:.1f} s of processor beside the "
                f"start; {megabytes:.0f} MB at most, of which the start took {base_mb:.0f}"
            )
            found |= {f"{name}_events_per_second": round(rate), f"{name}_mb": round(megabytes)}
        say(f"the export has {path.stat().st_size / 1e6:.1f} MB")
    return found


def commanded(environment: dict[str, str], *words: str) -> tuple[float, float]:
    """The processor seconds and the most megabytes that a management command took."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def measure_writing(clients: list[int], seconds: float, person: Any) -> dict[str, Any]:
    """Submissions a second with their events chained, as a share of those without a chain."""
    found: dict[str, Any] = {}
    heads = (("chained/s", 12), ("unchained/s", 13), ("share", 8), ("p50 ms", 9), ("p99/p50", 9))
    say(f"{'clients':>8}" + "".join(f"{head:>{width}}" for head, width in heads))
    for count in clients:
        rates: dict[bool, list[float]] = {True: [], False: []}
        spent: list[float] = []
        for _round in range(ROUNDS):
            for chained in (False, True):
                run = partial(run_clients, count, seconds, person, chained)
                times = run() if chained else without_chain(run)
                rates[chained].append(len(times) / seconds)
                spent += times if chained else []
        with_chain, without = (statistics.median(rates[way]) for way in (True, False))
        spent.sort()
        p50, p99 = spent[len(spent) // 2], spent[len(spent) * 99 // 100]
        share, least = with_chain / without, LEAST_SHARES.get(count, 0.0)
        say(
            f"{count:8}{with_chain:12.0f}{without:13.0f}{share:8.2f}{p50 * 1000:9.1f}"
            f"{p99 / p50:9.1f}  {'met' if share >= least else 'MISSED'}: >= {least}"
        )
        found |= {
            f"chained_share_{count}": round(share, 2),
            f"p99_p50_{count}": round(p99 / p50, 1),
        }
    return found


def without_chain(measure: Callable[[], list[float]]) -> list[float]:
    """Measure while the triggers are lifted, and take away what was written meanwhile."""
    from jobs.models import AuditEvent, AuditPersonal
    from jobs.services import chain
    from tests.audit.lifting import lifted

    head = chain.head().seq
    with lifted():
        times = measure()
        AuditPersonal.objects.filter(event_seq__gt=head).delete()
        AuditEvent.objects.filter(seq__gt=head).delete()
    return times


def run_clients(count: int, seconds: float, person: Any, chained: bool) -> list[float]:
    """How long each submission took that so many processes made side by side."""
    from django.db import connections

    connections.close_all()
    context = multiprocessing.get_context("fork")
    start = context.Barrier(count)
    answers: Any = context.Queue()
    processes = [
        context.Process(target=submit_for, args=(seconds, person, chained, start, answers))
        for _client in range(count)
    ]
    for process in processes:
        process.start()
    found = [spent for _client in range(count) for spent in answers.get()]
    for process in processes:
        process.join()
    return found


def submit_for(seconds: float, person: Any, chained: bool, start: Any, answers: Any) -> None:
    """Submit one import after the other until the time is over."""
    from jobs.actors import Actor
    from jobs.models import Workspace
    from jobs.services import audit, submission

    if not chained:
        audit.Act.append = append_unchained
    workspace = Workspace.objects.order_by("pk")[0]
    spent = []
    start.wait()
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        fields = {
            "base_model": "qwen3-32b",
            "display_name": "客服意图识别",
            "weight_type": "lora",
            "bucket_name": "acme-models",
            "object_key": f"models/{secrets.token_hex(8)}/",
        }
        actor = Actor("person", person.label, person.pk, address="10.0.3.21", user_agent=AGENT)
        submission.submit(workspace, fields, actor=actor)
        spent.append(time.perf_counter() - began)
    answers.put(spent)


def append_unchained(act: Any) -> list[Any]:
    """Write the same rows, as well as the service does, with numbers and links that hang on
    nothing."""
    from datetime import UTC

    from django.db import connection
    from django.utils import timezone

    from jobs.services import audit, audit_appending

    drafts = [audit._Draft(pending, act.actor) for pending in act._pending]
    act._pending = []
    at = timezone.now().astimezone(UTC)
    events = [draft.event(secrets.randbits(62), secrets.token_hex(32), at) for draft in drafts]
    values = [value for draft in drafts for value in draft.values]
    with connection.cursor() as cursor:
        for rows in (values, events):
            cursor.execute(*audit_appending._insert(rows))
    return events


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
