"""The program behind `make run`, as its user and its processes see it."""

import os
import signal
import socket
import stat
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.simulator import Simulator
from tests.running import ROOT, Desk, ends_within, environment_of

# Of processor time, because other tests run beside this one. Simulator and worker start on
# another core meanwhile, so that on an idle machine the first page is there within them.
WARM_SECONDS = 5.0


def test_it_is_what_make_run_starts() -> None:
    dry = ["make", "--dry-run", "--no-print-directory", "run"]
    shown = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True)

    assert shown.stdout.splitlines()[-1] == "exec .venv/bin/python -m importer_site.desk"


@dataclass
class FirstStart:
    """A start with nothing there, which ended by SIGKILL; what it left, and what left with it."""

    var_dir: Path
    simulator_url: str
    ended: list[bool]


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> FirstStart:
    """The start that comes before all others."""
    with Desk(tmp_path_factory.mktemp("desk")) as desk:
        assert desk.url
        everything = desk.processes()
        desk.process.kill()
        ended = [ends_within(pid, 10) for pid in everything]
        return FirstStart(desk.var_dir, desk.simulator.base_url, ended)


def test_no_process_outlives_a_killed_parent(first_start: FirstStart) -> None:
    assert first_start.ended == [True] * 5  # simulator, gunicorn and its two, worker


def test_it_answers_warm_within_five_seconds_and_leaves_nothing_behind(
    first_start: FirstStart,
) -> None:
    with Desk(first_start.var_dir) as desk:
        with urllib.request.urlopen(f"{desk.url}/accounts/login/", timeout=30) as page:
            assert page.status == 200
        seconds = desk.processor_seconds_to_first_page()
        everything = desk.processes()
        code = desk.stop()

    assert seconds < WARM_SECONDS
    assert desk.simulator.base_url == first_start.simulator_url
    assert len(everything) == 5
    assert all(ends_within(pid, 0) for pid in everything)
    assert code == 0


def test_only_the_worker_is_given_the_keys_and_only_the_owner_the_files(tmp_path: Path) -> None:
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
            simulators = desk.processes("jobs.simulator")
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
    secret_key = tmp_path / "var" / "secret_key"
    assert len(secret_key.read_text()) >= 50
    assert stat.S_IMODE(secret_key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var" / "import-desk.sqlite3").stat().st_mode) == 0o600


def test_it_says_that_the_port_is_taken_before_it_does_anything(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        with Desk(tmp_path / "var", PORT=port) as desk:
            code = desk.wait()

    assert code == 1
    assert desk.wait_for(rf"Cannot listen on 127\.0\.0\.1:{port}: .* set PORT")
    assert not (tmp_path / "var").exists()


def test_it_starts_a_dead_worker_again_and_ends_with_the_web_server(
    first_start: FirstStart,
) -> None:
    with Desk(first_start.var_dir) as desk:
        assert desk.url
        desk.wait_for("is at work")
        (worker,) = desk.processes("run_worker")

        os.kill(worker, signal.SIGKILL)
        desk.wait_for("The worker ended by itself .signal SIGKILL.; it is started again in 1 s")
        desk.lines.clear()
        desk.wait_for("is at work")
        everything = desk.processes()
        os.kill(desk.processes("gunicorn")[0], signal.SIGKILL)
        code = desk.wait()

    assert code == 1
    assert desk.wait_for(r"The web server ended by itself \(signal SIGKILL\)\.")
    assert all(ends_within(pid, 10) for pid in everything)
