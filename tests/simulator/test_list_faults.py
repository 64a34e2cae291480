"""Lists that shift, repeat, fail and say what nobody documented."""

import pytest

from jobs.simulator import Simulator
from tests.simulator.asking import Reply, ask, create, job_ids


def page(simulator: Simulator, number: int) -> Reply:
    return ask(simulator.base_url, "GET", page_no=number, page_size=2)


def test_a_row_shows_twice_when_one_is_added_between_pages(simulator: Simulator) -> None:
    made = [create(simulator.base_url).output["job_id"] for _ in range(4)]
    simulator.fault("row_added", call="list")

    first, second, third = (job_ids(page(simulator, number)) for number in (1, 2, 3))

    assert first == [made[3], made[2]]
    assert second == [made[2], made[1]]
    assert third == [made[0]]
    assert len(simulator.jobs()) == 5


def test_the_added_row_is_of_the_workspace_that_asks(simulator: Simulator) -> None:
    simulator.fault("row_added", call="list")

    ask(simulator.base_url, "GET", key="sk-team", page_no=2)

    assert ask(simulator.base_url, "GET", key="sk-team").output["total"] == 1


def test_a_row_is_skipped_when_one_is_removed_between_pages(simulator: Simulator) -> None:
    made = [create(simulator.base_url).output["job_id"] for _ in range(3)]
    removed = simulator.add_foreign_job(status="SUCCESSED")
    simulator.fault("row_removed", call="list", times=None)

    first, second = job_ids(page(simulator, 1)), job_ids(page(simulator, 2))
    nothing_left_to_remove = job_ids(page(simulator, 2))

    assert first == [removed, made[2]]
    assert second == nothing_left_to_remove == [made[0]]
    assert [job.job_id for job, _ in simulator.jobs()] == made


def test_a_shifting_list_asks_for_a_key(simulator: Simulator) -> None:
    simulator.fault("row_added", call="list")

    assert ask(simulator.base_url, "GET", key=None, page_no=2).code == "InvalidApiKey"
    assert simulator.jobs() == []


def test_a_row_is_repeated_on_its_page(simulator: Simulator) -> None:
    made = [create(simulator.base_url).output["job_id"] for _ in range(3)]
    simulator.fault("repeated_rows", call="list", times=None)

    assert job_ids(page(simulator, 1)) == [made[2], made[2], made[1]]
    assert job_ids(page(simulator, 2)) == [made[0], made[0]]
    assert job_ids(page(simulator, 3)) == []


def test_one_page_fails(simulator: Simulator) -> None:
    simulator.add_foreign_jobs({} for _ in range(6))
    simulator.fault("html", call="list", page=2, times=None)

    statuses = [page(simulator, number).status for number in (1, 2, 3, 2)]

    assert statuses == [200, 502, 200, 502]


def test_rows_have_an_unknown_status(simulator: Simulator) -> None:
    create(simulator.base_url)
    simulator.fault("unknown_status", call="list")
    simulator.fault("unknown_status", call="list", status_word="PAUSED")

    words = [page(simulator, 1).output["list"][0]["status"] for _ in range(3)]

    assert words == ["QUEUING", "PAUSED", "PENDING"]


def test_rows_lack_all_that_is_not_needed(simulator: Simulator) -> None:
    job_id = create(simulator.base_url).output["job_id"]
    simulator.fault("sparse_rows", call="list")

    assert page(simulator, 1).output["list"] == [{"job_id": job_id, "status": "PENDING"}]


@pytest.mark.parametrize("kind", ["repeated_rows", "unknown_status", "sparse_rows"])
def test_a_refused_list_stays_refused(simulator: Simulator, kind: str) -> None:
    simulator.fault(kind, call="list")

    assert ask(simulator.base_url, "GET", page_size=101).code == "InvalidParameter"
