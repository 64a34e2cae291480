import pytest

from jobs.simulator import Simulator
from tests.simulator.asking import ask, create, job_ids


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer sk-", "Bearer pk-1", "sk-1", "Basic sk-1", "Bearer  sk-1"],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_it_refuses_what_is_no_key(simulator: Simulator, method: str, authorization: str) -> None:
    reply = ask(
        simulator.base_url, method, key=None, headers={"Authorization": authorization}, body=b""
    )

    assert (reply.status, reply.code) == (401, "InvalidApiKey")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("GET", ""), ("GET", "/42"), ("DELETE", "/42")]
)
def test_it_asks_every_call_for_a_key(simulator: Simulator, method: str, path: str) -> None:
    reply = ask(simulator.base_url, method, path, key=None)

    assert (reply.status, reply.code) == (401, "InvalidApiKey")
    assert list(reply.json()) == ["request_id", "code", "message"]


def test_it_shows_each_workspace_its_own_jobs(simulator: Simulator) -> None:
    ours = create(simulator.base_url, key="sk-ours.1").output["job_id"]
    theirs = create(simulator.base_url, key="sk-theirs").output["job_id"]

    assert job_ids(ask(simulator.base_url, "GET", key="sk-ours.2")) == [ours]
    assert job_ids(ask(simulator.base_url, "GET", key="sk-theirs")) == [theirs]
    for method in ("GET", "DELETE"):
        assert ask(simulator.base_url, method, f"/{theirs}", key="sk-ours.1").code == "NotFound"


def test_it_adds_foreign_jobs_to_the_workspace_of_a_key(simulator: Simulator) -> None:
    rows = [{"api_key": f"sk-{name}"} for name in ("ours.1", "theirs", "ours.2")]

    first, second, third = simulator.add_foreign_jobs(rows)

    assert job_ids(ask(simulator.base_url, "GET", key="sk-ours")) == [third, first]
    assert job_ids(ask(simulator.base_url, "GET", key="sk-theirs")) == [second]


def test_it_keeps_no_key(simulator: Simulator) -> None:
    create(simulator.base_url, key="sk-very-secret")

    (request,) = simulator.requests()
    ((job, _),) = simulator.jobs()

    assert "very-secret" not in repr(request) + repr(job)
    assert (request.header("authorization") or "").startswith("Bearer sha256:")
