import http.client

import pytest

from jobs.simulator import Simulator
from jobs.simulator.demonstrations import DEMONSTRATIONS, demonstration_for
from tests.simulator.asking import Reply, ask, create, create_at


def last_look(simulator: Simulator, reply: Reply, seconds: float) -> dict[str, str]:
    simulator.clock.push(seconds)
    output: dict[str, str] = ask(simulator.base_url, "GET", f"/{reply.output['job_id']}").output
    return output


@pytest.mark.parametrize(
    ("segment", "error_code"),
    [
        ("demo-missing-file", "AvailableModelFileNotFound"),
        ("demo-oss-fetch", "OSS获取文件失败，请检查OSS内文件"),
    ],
)
def test_an_import_fails_with_its_error(
    simulator: Simulator, segment: str, error_code: str
) -> None:
    reply = create_at(simulator.base_url, f"models/{segment}/")

    output = last_look(simulator, reply, 11)

    assert (output["status"], output["error_code"]) == ("FAILED", error_code)


def test_a_slow_import_runs_for_ten_minutes(simulator: Simulator) -> None:
    reply = create_at(simulator.base_url, "demo-slow/")

    assert last_look(simulator, reply, 602)["status"] == "RUNNING"
    assert last_look(simulator, reply, 1)["status"] == "SUCCESSED"


@pytest.mark.parametrize(
    ("segment", "status", "code"),
    [
        ("demo-denied", 403, "AccessDenied"),
        ("demo-arrears", 400, "Arrearage"),
        ("demo-throttled", 429, "Throttling.RateQuota"),
    ],
)
def test_an_import_is_refused(simulator: Simulator, segment: str, status: int, code: str) -> None:
    reply = create_at(simulator.base_url, f"models/{segment}/v2/")

    assert (reply.status, reply.code) == (status, code)
    assert (reply.headers["Retry-After"] is not None) == (status == 429)
    assert simulator.jobs() == []


@pytest.mark.parametrize(("segment", "made"), [("demo-lost-answer", 1), ("demo-lost-request", 0)])
def test_an_answer_is_lost_with_or_without_an_import(
    simulator: Simulator, segment: str, made: int
) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        create_at(simulator.base_url, f"{segment}/")

    assert len(simulator.jobs()) == made


def test_a_server_error_hides_an_accepted_import(simulator: Simulator) -> None:
    reply = create_at(simulator.base_url, "demo-server-error/")

    assert (reply.status, reply.code) == (500, "InternalError")
    assert len(simulator.jobs()) == 1


def test_a_planned_fault_comes_before_a_demonstration(simulator: Simulator) -> None:
    simulator.fault("html", call="create")

    assert create_at(simulator.base_url, "demo-denied/").status == 502
    assert create_at(simulator.base_url, "demo-denied/").status == 403


def test_a_name_is_a_whole_segment_of_the_path(simulator: Simulator) -> None:
    assert create(simulator.base_url, display_name="demo-denied/").status == 200
    assert create_at(simulator.base_url, "models/not-demo-denied/").status == 200


def test_every_demonstration_is_found_by_its_segment() -> None:
    found = [demonstration_for(f"models/{shown.segment}/") for shown in DEMONSTRATIONS]

    assert found == list(DEMONSTRATIONS)
    assert len({shown.segment for shown in DEMONSTRATIONS}) == len(DEMONSTRATIONS)


def test_a_faster_simulator_shortens_every_life() -> None:
    with Simulator(speed=10) as simulator:
        simulator.clock.freeze()
        usual = create(simulator.base_url)
        slow = create_at(simulator.base_url, "demo-slow/")

        assert last_look(simulator, usual, 1.2)["status"] == "SUCCESSED"
        assert last_look(simulator, slow, 58)["status"] == "RUNNING"
        assert last_look(simulator, slow, 2)["status"] == "SUCCESSED"


@pytest.mark.parametrize("speed", [0, -1])
def test_a_speed_is_above_zero(speed: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Simulator(speed=speed)
