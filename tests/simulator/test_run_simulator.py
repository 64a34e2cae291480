import http.client
import signal
from pathlib import Path

import pytest

from jobs.simulator import Simulator, SimulatorControl
from tests.simulator.asking import ask, create, job_ids
from tests.simulator.processes import ALONE, BY_DJANGO, END_SECONDS, running_simulator, start


@pytest.mark.parametrize("program", [ALONE, BY_DJANGO], ids=" ".join)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_once_its_line_is_printed_and_ends_cleanly(
    number: signal.Signals, program: tuple[str, ...]
) -> None:
    with running_simulator("--port", "0", program=program) as (process, base_url):
        created = create(base_url)
        process.send_signal(number)
        rest = process.communicate(timeout=END_SECONDS)

    assert base_url.startswith("http://127.0.0.1:")
    assert created.status == 200
    assert rest == ("", "")
    assert process.returncode == 0


def test_it_ends_while_a_request_hangs() -> None:
    with running_simulator("--port", "0") as (process, base_url):
        SimulatorControl(base_url).fault("slow", call="list")
        with pytest.raises(TimeoutError):
            ask(base_url, "GET", timeout_seconds=0.1)

        process.terminate()

        assert process.wait(END_SECONDS) == 0


def test_a_test_steers_it_from_outside() -> None:
    with running_simulator("--port", "0") as (_, base_url):
        control = SimulatorControl(base_url)
        control.fault("close", call="create", accepted=True)
        with pytest.raises(http.client.RemoteDisconnected):
            create(base_url)
        control.clock.push(11)

        (request,) = control.requests(call="create", accepted=True)
        assert ask(base_url, "GET", f"/{request.job_id}").output["status"] == "SUCCESSED"


def test_its_jobs_survive_a_restart_on_the_same_port(tmp_path: Path) -> None:
    options = ("--speed", "1000", "--state-file", str(tmp_path / "simulator.json"))
    with running_simulator("--port", "0", *options) as (_, base_url):
        job_id = create(base_url).output["job_id"]

    port = base_url.rpartition(":")[2]
    with running_simulator("--port", port, *options) as (_, again):
        assert again == base_url
        assert job_ids(ask(again, "GET")) == [job_id]
        assert ask(again, "GET", f"/{job_id}").output["status"] == "SUCCESSED"


@pytest.mark.parametrize("program", [ALONE, BY_DJANGO], ids=" ".join)
def test_it_says_in_one_line_why_it_cannot_start(
    simulator: Simulator, tmp_path: Path, program: tuple[str, ...]
) -> None:
    unreadable = tmp_path / "simulator.json"
    unreadable.write_text("{")
    reasons = {
        ("--port", str(simulator.port)): "Cannot listen",
        ("--port", "65536"): "port must be",
        ("--port", "0", "--speed", "0"): "above zero",
        ("--port", "0", "--state-file", str(unreadable)): "not a readable state file",
    }

    asked = list(reasons) if program == ALONE else list(reasons)[:1]
    ended = {arguments: start(*arguments, program=program) for arguments in asked}

    for arguments, process in ended.items():
        printed, complaint = process.communicate(timeout=END_SECONDS)
        assert (printed, process.returncode) == ("", 1)
        assert reasons[arguments] in complaint
        assert len(complaint.splitlines()) == 1
