"""The program behind `make run`, as its user and its processes see it."""

import os
import signal
import socket
import stat
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from jobs.simulator import Simulator
from tests.running import ROOT, Desk, ends_within, environment_of

WARM_SECONDS = 5.0


def test_it_is_what_make_run_starts() -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "run"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert shown.stdout.splitlines()[-1] == "exec .venv/bin/python -m importer_site.desk"


def test_it_answers_warm_within_five_seconds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with Desk(tmp_path) as first:
        assert first.url
        simulator_at_first = first.simulator.base_url

    started = time.monotonic()
    with Desk(tmp_path) as desk:
        with urllib.request.urlopen(f"{desk.url}/accounts/login/", timeout=10) as page:
            seconds = time.monotonic() - started
            assert page.status == 200
        everything = desk.processes()
        code = desk.stop()

    assert seconds < WARM_SECONDS
    assert desk.simulator.base_url == simulator_at_first
    assert len(everything) == 5  # simulator, gunicorn and its two, worker
    assert all(ends_within(pid, 0) for pid in everything)
    assert code == 0


def test_only_the_worker_is_given_the_keys(tmp_path: Path) -> None:
    settings = tmp_path / ".env"
    settings.write_text("DASHSCOPE_API_KEY=sk-from-the-file\nDASHSCOPE_API_KEY_LAB=sk-lab\n")
    with Simulator() as simulator:
        desk = Desk(
            tmp_path / "var",
            ENV_FILE=str(settings),
            DASHSCOPE_BASE_URL=simulator.base_url,
            DJANGO_SUPERUSER_USERNAME="root",
            DJANGO_SUPERUSER_PASSWORD="a-password-to-hide",
        )

        with desk:
            assert desk.url
            web = desk.processes("gunicorn")
            (worker,) = desk.processes("run_worker")
            simulators = desk.processes("run_simulator")
            environments = [environment_of(pid) for pid in (*web, worker)]

    assert len(web) == 3
    keys = {name: value for name, value in environments[-1].items() if "API_KEY" in name}
    assert keys == {
        "DASHSCOPE_API_KEY": "sk-from-the-file",
        "DASHSCOPE_API_KEY_LAB": "sk-lab",
    }
    assert not any("sk-" in "".join(seen.values()) for seen in environments[:-1])
    assert not any("a-password-to-hide" in seen.values() for seen in environments)
    assert "a-password-to-hide" not in "".join(desk.lines)
    assert simulators == []


def test_it_makes_a_secret_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    var_dir = tmp_path / "var"

    with Desk(var_dir) as desk:
        assert desk.url

    key = var_dir / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text()) >= 50
    assert stat.S_IMODE((var_dir / "import-desk.sqlite3").stat().st_mode) == 0o600


def test_it_says_that_the_port_is_taken_before_it_does_anything(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        with Desk(tmp_path / "var", PORT=port) as desk:
            code = desk.wait()

    assert code == 1
    assert desk.wait_for(rf"Cannot listen on 127\.0\.0\.1:{port}: .* set PORT")
    assert not (tmp_path / "var").exists()


def test_no_process_outlives_a_killed_parent(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        assert desk.url
        everything = desk.processes()

        desk.process.kill()
        ended = [ends_within(pid, 10) for pid in everything]

    assert ended == [True] * 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_starts_a_dead_worker_again(tmp_path: Path, number: int) -> None:
    with Desk(tmp_path) as desk:
        assert desk.url
        (worker,) = desk.processes("run_worker")
        desk.wait_for("is at work")
        os.kill(worker, number)

        assert desk.wait_for("The worker ended by itself .*; it is started again in 1 s")
        desk.lines.clear()
        desk.wait_for("is at work")


def test_it_ends_when_the_web_server_does(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        assert desk.url
        everything = desk.processes()
        os.kill(desk.processes("gunicorn")[0], signal.SIGKILL)

        code = desk.wait()

    assert code == 1
    assert desk.wait_for(r"The web server ended by itself \(signal SIGKILL\)\.")
    assert all(ends_within(pid, 10) for pid in everything)
