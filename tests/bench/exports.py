"""The CSV of all jobs against the database's own tool, in one run.

    python -m tests.bench.exports --jobs 200000 --rounds 3 [--postgresql]

The export is asked for over HTTP of gunicorn with one process; the tool writes the same columns
as they stand, without times in ISO 8601, formulas made harmless, or a digest: psql by COPY, or
sqlite3 -csv. They take turns. Memory is what the web process holds at most above what it held
before.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests import postgresql
from tests.running import ROOT

MOST_TIMES = {"COPY": 1.2, "sqlite3 -csv": 4.0}
MOST_FIRST_BYTE_MS = 50.0
MOST_GROWTH_MB = 8.0
START_SECONDS = 60.0
COLUMNS = (
    "id, workspace_id, status, display_name, base_model, weight_type, bucket_name, object_key, "
    "remote_job_id, generated_model_name, submitted_by_label, origin, created_at, finished_at, "
    "deleted_at, error_code, error_message, request_id"
)


@dataclass
class Taken:
    """One export."""

    seconds: float
    first_byte_ms: float
    growth_mb: float
    bytes: int
    last_line: str


def main() -> int:
    """Seed, serve, export by turns, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.exports")
    parser.add_argument("--jobs", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    options = parser.parse_args()
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        environment = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": "",
            "VAR_DIR": str(place),
            "SECRET_KEY": "the-bench-alone-uses-this-key-which-protects-nothing-at-all",
            "LOG_LEVEL": "ERROR",
            "WEB_CONCURRENCY": "1",
            "DJANGO_SETTINGS_MODULE": "importer_site.settings",
        }
        select = f"SELECT {COLUMNS} FROM jobs_importjob"
        if options.postgresql:
            url = stack.enter_context(postgresql.running())
            environment["DATABASE_URL"] = url
            copy = f"COPY ({select}) TO STDOUT CSV"
            tool, words = "COPY", ["psql", "-qc", copy, postgresql.conninfo(url)]
        else:
            database = place / "import-desk.sqlite3"
            tool, words = "sqlite3 -csv", ["sqlite3", "-csv", str(database), select]
        say(f"Seeding {options.jobs} jobs ...")
        command = [sys.executable, "-m", "tests.bench.prepare", str(options.jobs)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        session = json.loads(done.stdout.splitlines()[-1])["both"]
        with socket.create_server(("127.0.0.1", 0)) as listener:
            number, port = listener.fileno(), listener.getsockname()[1]
            gunicorn = [sys.executable, "-m", "gunicorn", "importer_site.wsgi"]
            served = ["--config", "python:importer_site.gunicorn_conf", "--bind", f"fd://{number}"]
            web = subprocess.Popen(
                [*gunicorn, *served], cwd=ROOT, env=environment, pass_fds=(number,)
            )
        stack.callback(web.wait, START_SECONDS)
        stack.callback(web.terminate)
        exported(port, session, web.pid, "?status=failed&since=2100-01-01")  # warms up
        ours, theirs = [], []
        for _round in range(options.rounds):
            ours.append(exported(port, session, web.pid))
            began = time.perf_counter()
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
            theirs.append(time.perf_counter() - began)
        return report(ours, statistics.median(theirs), tool, options.jobs)


def exported(port: int, session: str, master: int, query: str = "") -> Taken:
    """Take the whole export in, as a browser that writes it nowhere."""
    process = child_of(master) if not query else 0
    before = memory_mb(process, "VmRSS") if process else 0.0
    if process:
        Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")  # the peak anew
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    began = time.perf_counter()
    connection.request(
        "GET", f"/jobs/export/csv/{query}", headers={"Cookie": f"sessionid={session}"}
    )
    response = connection.getresponse()
    piece = response.read1(65536)
    first = time.perf_counter() - began
    count, end = len(piece), piece
    while piece := response.read1(1 << 20):
        count += len(piece)
        end = (end + piece)[-200:]
    seconds = time.perf_counter() - began
    connection.close()
    growth = memory_mb(process, "VmHWM") - before if process else 0.0
    return Taken(seconds, first * 1000, growth, count, end.decode().splitlines()[-1])


def child_of(master: int) -> int:
    """gunicorn's one process that answers."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii")
    return int(children.split()[0])


def memory_mb(process: int, name: str) -> float:
    """What /proc says of the memory of a process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def report(ours: list[Taken], theirs: float, tool: str, jobs: int) -> int:
    """A table for people and a line for machines; 1 if the export was not whole."""
    seconds = statistics.median(taken.seconds for taken in ours)
    first = statistics.median(taken.first_byte_ms for taken in ours)
    growth = max(taken.growth_mb for taken in ours)
    say(f"{jobs} jobs, {ours[0].bytes / 1e6:.1f} MB; {tool} takes {theirs:.2f} s")
    measures = (
        ("export, s", seconds, theirs * MOST_TIMES[tool], f"{MOST_TIMES[tool]} x {tool}"),
        ("first byte, ms", first, MOST_FIRST_BYTE_MS, f"{MOST_FIRST_BYTE_MS:.0f} ms"),
        ("memory, MB", growth, MOST_GROWTH_MB, f"{MOST_GROWTH_MB:.0f} MB"),
    )
    for name, value, most, bar in measures:
        say(f"{name:16}{value:9.2f}  {'met' if value <= most else 'MISSED'}: <= {bar}")
    say(
        f"BENCH jobs={jobs} tool={tool.replace(' ', '_')} times={seconds / theirs:.2f} "
        f"first_byte_ms={first:.1f} growth_mb={growth:.1f}"
    )
    return 0 if all(taken.last_line.startswith(f"end,{jobs},") for taken in ours) else 1


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
