"""The controls from outside do what the same methods do inside."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from jobs.simulator import Simulator, SimulatorControl
from tests.simulator.asking import ask, create, job_ids


@pytest.fixture
def control(simulator: Simulator) -> SimulatorControl:
    return SimulatorControl(simulator.base_url)


def test_it_pushes_freezes_and_thaws_the_clock(
    simulator: Simulator, control: SimulatorControl
) -> None:
    before = control.clock.now()

    control.clock.push(60)
    assert control.clock.now() == simulator.clock.now() == before + 60
    control.clock.thaw()
    assert control.clock.now() > before + 60
    control.clock.freeze()
    assert control.clock.now() == control.clock.now()


def test_it_makes_the_clock_wrong(simulator: Simulator, control: SimulatorControl) -> None:
    right = parsedate_to_datetime(ask(simulator.base_url, "GET").headers["Date"])

    control.clock.set_skew(90)

    wrong = parsedate_to_datetime(ask(simulator.base_url, "GET").headers["Date"])
    assert wrong - right == timedelta(seconds=90)


def test_it_plans_waits_for_and_releases_a_fault(
    simulator: Simulator, control: SimulatorControl
) -> None:
    fault = control.fault("hang", call="create", accepted=True)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(create, simulator.base_url)

        assert fault.wait_until_struck() == 1
        assert len(control.jobs()) == 1
        fault.release()

        assert waiting.result().status == 200


def test_it_clears_faults(simulator: Simulator, control: SimulatorControl) -> None:
    control.fault("html", times=None)

    control.clear_faults()

    assert ask(simulator.base_url, "GET").status == 200


def test_it_reads_the_ledger_as_it_is(simulator: Simulator, control: SimulatorControl) -> None:
    create(simulator.base_url, display_name="客服 \x7f")
    ask(simulator.base_url, "POST", body=b"\xff\x00")
    ask(simulator.base_url, "GET", page_no=2)

    assert control.requests() == simulator.requests()
    assert control.requests(call="create", accepted=True) == simulator.requests()[:1]
    assert control.wait_for_requests(2, call="create") == simulator.requests(call="create")


def test_it_says_so_when_a_wait_ends(simulator: Simulator, control: SimulatorControl) -> None:
    fault = control.fault("hang")

    with pytest.raises(TimeoutError, match="'hang' struck 0 times"):
        fault.wait_until_struck(timeout_seconds=0.01)
    with pytest.raises(TimeoutError, match="Fewer than 1"):
        control.wait_for_requests(1, timeout_seconds=0.01)


def test_it_changes_what_exists(simulator: Simulator, control: SimulatorControl) -> None:
    first = control.add_foreign_job(display_name="first", status="RUNNING")
    second, third = control.add_foreign_jobs([{"age_seconds": 60}, {"base_model": "qwen3-8b"}])

    control.set_status(first, "FAILED", error_code="AvailableModelFileNotFound")
    control.remove_job(second)

    assert control.jobs() == simulator.jobs()
    assert [(job.job_id, status) for job, status in control.jobs()] == [
        (first, "FAILED"),
        (third, "PENDING"),
    ]
    assert job_ids(ask(simulator.base_url, "GET")) == [third, first]


def test_it_starts_afresh(simulator: Simulator, control: SimulatorControl) -> None:
    create(simulator.base_url)

    control.reset()

    assert (control.jobs(), control.requests()) == ([], [])


def test_it_refuses_what_makes_no_sense(control: SimulatorControl) -> None:
    with pytest.raises(ValueError, match="no fault 'earthquake'"):
        control.fault("earthquake")
    with pytest.raises(ValueError, match="KeyError"):
        control.remove_job("unknown")
    with pytest.raises(ValueError, match="unexpected keyword"):
        control.add_foreign_job(colour="red")
    with pytest.raises(ValueError, match="forwards"):
        control.clock.push(-1)
    with pytest.raises(ValueError, match="no control 'explode'"):
        control.ask("explode")


@pytest.mark.parametrize(
    ("method", "content_type", "body"),
    [
        ("POST", "text/plain", b"{}"),
        ("POST", "application/json", b"[]"),
        ("POST", "application/json", b"{"),
        ("GET", "application/json", b""),
    ],
)
def test_it_takes_nothing_that_a_page_of_another_site_can_send(
    simulator: Simulator, method: str, content_type: str, body: bytes
) -> None:
    create(simulator.base_url)
    headers = {"Content-Type": content_type}

    with closing(http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=10)) as client:
        client.request(method, "/__simulator__/reset", body, headers)
        with closing(client.getresponse()) as response:
            answer = json.load(response)

    assert response.status in (400, 404)
    assert isinstance(answer, str)
    assert len(simulator.jobs()) == 1


def test_controls_are_not_in_the_ledger(simulator: Simulator, control: SimulatorControl) -> None:
    control.jobs()

    assert simulator.requests() == []


def test_it_says_so_when_nothing_is_there(simulator: Simulator, control: SimulatorControl) -> None:
    simulator.stop()

    with pytest.raises(ConnectionError):
        control.jobs()
