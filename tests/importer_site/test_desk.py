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


@dataclass
class KilledStart:
    """A start with keys in a file, of which the worker was killed and then the web server."""

    directory: Path
    printed: str
    web: list[dict[str, str]]  # environments
    workers: list[dict[str, str]]  # of the killed one, and of the one in its place
    simulators: list[int]
    ended: list[bool]
    code: int


@pytest.fixture(scope="module")
def killed_start(tmp_path_factory: pytest.TempPathFactory) -> KilledStart:
    """A start against a DashScope of the test's own, so without the demonstration's."""
    directory = tmp_path_factory.mktemp("killed")
    settings = directory / ".env"
    settings.write_text("DASHSCOPE_API_KEY=sk-from-the-file\nDASHSCOPE_API_KEY_LAB=sk-lab\n")
    with (
        Simulator() as simulator,
        Desk(
            directory / "var",
            ENV_FILE=str(settings),
            DASHSCOPE_BASE_URL=simulator.base_url,
            DJANGO_SUPERUSER_USERNAME="root",
            DJANGO_SUPERUSER_PASSWORD="a-password-to-hide",
        ) as desk,
    ):
        assert desk.url
        desk.wait_for("is at work")
        web = [environment_of(pid) for pid in desk.processes("gunicorn")]
        (worker,) = desk.processes("run_worker")
        workers = [environment_of(worker)]
        os.kill(worker, signal.SIGKILL)
        desk.wait_for("The worker ended by itself .signal SIGKILL.; it is started again in 1 s")
        printed = "".join(desk.lines)
        desk.lines.clear()
        desk.wait_for("is at work")
        workers += [environment_of(pid) for pid in desk.processes("run_worker")]
        simulators = desk.processes("jobs.simulator")
        everything = desk.processes()
        os.kill(desk.processes("gunicorn")[0], signal.SIGKILL)
        code = desk.wait()
        desk.wait_for(r"The web server ended by itself \(signal SIGKILL\)\.")
        printed += "".join(desk.lines)
        ended = [ends_within(pid, 10) for pid in everything]
    return KilledStart(directory, printed, web, workers, simulators, ended, code)


def test_a_dead_worker_is_started_again_and_all_ends_with_the_web_server(
    killed_start: KilledStart,
) -> None:
    assert len(killed_start.workers) == 2
    assert killed_start.ended == [True] * 4  # gunicorn and its two, worker
    assert killed_start.code == 1


def test_only_the_workers_are_given_the_keys_and_only_the_owner_the_files(
    killed_start: KilledStart,
) -> None:
    web, workers = killed_start.web, killed_start.workers
    keys = [
        {name: value for name, value in worker.items() if "API_KEY" in name} for worker in workers
    ]
    of_both = {"DASHSCOPE_API_KEY": "sk-from-the-file", "DASHSCOPE_API_KEY_LAB": "sk-lab"}
    assert keys == [of_both, of_both]
    assert len(web) == 3
    assert not any("sk-" in "".join(seen.values()) for seen in web)
    assert not any("a-password-to-hide" in seen.values() for seen in (*web, *workers))
    assert "a-password-to-hide" not in killed_start.printed
    assert killed_start.simulators == []
    secret_key = killed_start.directory / "var" / "secret_key"
    assert len(secret_key.read_text()) >= 50
    records = killed_start.directory / "var" / "import-desk.sqlite3"
    assert [stat.S_IMODE(file.stat().st_mode) for file in (secret_key, records)] == [0o600] * 2


def test_it_says_that_the_port_is_taken_before_it_does_anything(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        with Desk(tmp_path / "var", PORT=port) as desk:
            code = desk.wait()

    assert code == 1
    assert desk.wait_for(rf"Cannot listen on 127\.0\.0\.1:{port}: .* set PORT")
    assert not (tmp_path / "var").exists()
