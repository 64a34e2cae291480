import pytest

from jobs.simulator import Simulator
from tests.simulator.asking import ask, create, job_ids


def test_it_lists_the_newest_first_ten_a_page(simulator: Simulator) -> None:
    made = [create(simulator.base_url).output["job_id"] for _ in range(12)]

    reply = ask(simulator.base_url, "GET")

    assert reply.status == 200
    assert list(reply.output) == ["total", "page_no", "page_size", "list"]
    assert (reply.output["total"], reply.output["page_no"], reply.output["page_size"]) == (
        12,
        1,
        10,
    )
    assert job_ids(reply) == made[::-1][:10]
    assert job_ids(ask(simulator.base_url, "GET", page_no=2)) == made[::-1][10:]
    assert job_ids(ask(simulator.base_url, "GET", page_no=3)) == []


def test_it_can_list_the_oldest_first(simulator: Simulator) -> None:
    made = [create(simulator.base_url).output["job_id"] for _ in range(5)]
    simulator.state.newest_first = False

    pages = [ask(simulator.base_url, "GET", page_no=page, page_size=2) for page in (1, 2, 3)]

    assert [job_ids(page) for page in pages] == [made[:2], made[2:4], made[4:]]


def test_it_tells_each_job_as_get_does(simulator: Simulator) -> None:
    create(simulator.base_url)
    simulator.add_foreign_job(status="FAILED", error_code="AvailableModelFileNotFound")

    rows = ask(simulator.base_url, "GET").output["list"]

    assert rows == [ask(simulator.base_url, "GET", f"/{row['job_id']}").output for row in rows]
    assert [row.get("error_code") for row in rows] == ["AvailableModelFileNotFound", None]
    assert not any("weight_type" in row for row in rows)


def test_it_sorts_jobs_from_elsewhere_by_their_time(simulator: Simulator) -> None:
    old = simulator.add_foreign_job(age_seconds=7200)
    new = simulator.add_foreign_job()
    middle = simulator.add_foreign_job(age_seconds=3600)

    assert job_ids(ask(simulator.base_url, "GET")) == [new, middle, old]


def test_it_filters_by_the_wire_word_as_time_passes(simulator: Simulator) -> None:
    first = create(simulator.base_url).output["job_id"]
    simulator.clock.push(5)
    second = create(simulator.base_url).output["job_id"]

    def listed(status: str) -> list[str]:
        return job_ids(ask(simulator.base_url, "GET", status=status))

    assert (listed("PENDING"), listed("RUNNING"), listed("SUCCESSED")) == ([second], [first], [])
    simulator.clock.push(6.5)
    assert (listed("PENDING"), listed("RUNNING"), listed("SUCCESSED")) == ([], [second], [first])
    assert listed("SUCCEEDED") == listed("successed") == []


def test_it_keeps_an_unknown_status_word_out_of_the_known_filters(simulator: Simulator) -> None:
    job_id = create(simulator.base_url).output["job_id"]

    simulator.set_status(job_id, "QUEUING")

    assert ask(simulator.base_url, "GET").output["list"][0]["status"] == "QUEUING"
    assert job_ids(ask(simulator.base_url, "GET", status="QUEUING")) == [job_id]
    assert job_ids(ask(simulator.base_url, "GET", status="PENDING")) == []


def test_it_filters_by_the_generated_name(simulator: Simulator) -> None:
    create(simulator.base_url)
    wanted = create(simulator.base_url).output

    def listed(**filters: str) -> list[str]:
        return job_ids(ask(simulator.base_url, "GET", **filters))

    assert listed(model_name=wanted["model_name"]) == [wanted["job_id"]]
    assert listed(model_name=wanted["model_name"], status="PENDING") == [wanted["job_id"]]
    assert listed(model_name=wanted["model_name"], status="RUNNING") == []
    assert listed(model_name=wanted["model_name"], page_no="2") == []
    assert listed(model_name="qwen3-32b") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_no", "0"),
        ("page_no", "-1"),
        ("page_no", "one"),
        ("page_no", ""),
        ("page_no", "1.5"),
        ("page_no", "9" * 5000),
        ("page_size", "0"),
        ("page_size", "101"),
        ("page_size", "١"),
    ],
)
def test_it_refuses_a_page_outside_the_rules(simulator: Simulator, name: str, value: str) -> None:
    reply = ask(simulator.base_url, "GET", **{name: value})

    assert (reply.status, reply.code) == (400, "InvalidParameter")
    assert f"'{name}'" in reply.json()["message"]


def test_it_pages_through_ten_thousand_open_jobs(simulator: Simulator) -> None:
    made = simulator.add_foreign_jobs({"display_name": f"job {n}"} for n in range(10_000))

    pages = [
        ask(simulator.base_url, "GET", page_no=page, page_size=100, status="PENDING")
        for page in range(1, 101)
    ]

    assert {page.output["total"] for page in pages} == {10_000}
    assert [job_id for page in pages for job_id in job_ids(page)] == made[::-1]
    simulator.clock.push(5)
    assert ask(simulator.base_url, "GET", status="PENDING").output["total"] == 0
    assert ask(simulator.base_url, "GET", status="RUNNING").output["total"] == 10_000
