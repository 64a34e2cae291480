import urllib.parse

from jobs.simulator import Simulator
from tests.simulator.asking import ask, create


def test_it_tells_what_create_told_without_the_weight_type(simulator: Simulator) -> None:
    created = create(simulator.base_url).output

    reply = ask(simulator.base_url, "GET", f"/{created['job_id']}")

    assert reply.status == 200
    assert reply.output == {name: value for name, value in created.items() if name != "weight_type"}


def test_it_lives_from_pending_over_running_to_successed(simulator: Simulator) -> None:
    job_id = create(simulator.base_url).output["job_id"]

    seen = []
    for seconds in (2.9, 0.2, 7.8, 0.2):
        simulator.clock.push(seconds)
        seen.append(ask(simulator.base_url, "GET", f"/{job_id}").output["status"])

    assert seen == ["PENDING", "RUNNING", "RUNNING", "SUCCESSED"]


def test_it_tells_the_error_code_of_a_failed_job_alone(simulator: Simulator) -> None:
    failed = simulator.add_foreign_job(status="FAILED", error_code="OSS获取文件失败")
    succeeded = simulator.add_foreign_job(status="SUCCESSED")

    assert ask(simulator.base_url, "GET", f"/{failed}").output["error_code"] == "OSS获取文件失败"
    assert "error_code" not in ask(simulator.base_url, "GET", f"/{succeeded}").output


def test_it_does_not_know_a_job_that_was_never_made(simulator: Simulator) -> None:
    strange = urllib.parse.quote("../jobs/42?x=ü", safe="")

    reply = ask(simulator.base_url, "GET", f"/{strange}")

    assert (reply.status, reply.code) == (404, "NotFound")
    assert "../jobs/42?x=ü" in reply.json()["message"]
