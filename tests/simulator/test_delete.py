import pytest

from jobs.simulator import Simulator
from tests.simulator.asking import ask, create, job_ids


@pytest.mark.parametrize("status", ["SUCCESSED", "FAILED"])
def test_it_answers_with_the_deleted_job_as_it_last_was(simulator: Simulator, status: str) -> None:
    job_id = simulator.add_foreign_job(status=status)
    last_look = ask(simulator.base_url, "GET", f"/{job_id}").output

    reply = ask(simulator.base_url, "DELETE", f"/{job_id}")

    assert reply.status == 200
    assert reply.output == last_look
    assert reply.output["status"] == status
    assert ask(simulator.base_url, "GET", f"/{job_id}").code == "NotFound"
    assert job_ids(ask(simulator.base_url, "GET")) == []
    assert job_ids(ask(simulator.base_url, "GET", status=status)) == []


@pytest.mark.parametrize("seconds", [0, 5], ids=["pending", "running"])
def test_it_denies_the_deletion_of_an_open_job(simulator: Simulator, seconds: float) -> None:
    job_id = create(simulator.base_url).output["job_id"]
    simulator.clock.push(seconds)

    reply = ask(simulator.base_url, "DELETE", f"/{job_id}")

    assert reply.status == 400
    assert reply.json() == {
        "request_id": reply.headers["x-request-id"],
        "code": "OperationDenied",
        "message": "The import job is currently running and cannot be deleted.",
    }
    assert len(simulator.jobs()) == 1


def test_it_does_not_know_a_job_twice_deleted(simulator: Simulator) -> None:
    job_id = simulator.add_foreign_job(status="FAILED")
    ask(simulator.base_url, "DELETE", f"/{job_id}")

    reply = ask(simulator.base_url, "DELETE", f"/{job_id}")

    assert (reply.status, reply.code) == (404, "NotFound")


def test_it_forgets_the_later_life_of_a_job_that_was_removed(simulator: Simulator) -> None:
    removed = create(simulator.base_url).output["job_id"]
    stays = create(simulator.base_url).output["job_id"]

    simulator.remove_job(removed)
    simulator.clock.push(5)

    assert job_ids(ask(simulator.base_url, "GET", status="RUNNING")) == [stays]
