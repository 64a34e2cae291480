import json
from pathlib import Path

import pytest

from jobs.simulator import SIMULATOR_KEY, Simulator, StateFileError
from tests.simulator.asking import ask, create, job_ids


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "simulator.json"


def test_jobs_and_their_lives_survive_a_restart(file: Path) -> None:
    with Simulator(state_file=file) as before:
        before.clock.freeze()
        created = create(before.base_url, display_name="客服").output
        fixed = before.add_foreign_job(status="FAILED", error_code="OSS获取文件失败")
        gone = before.add_foreign_job(status="SUCCESSED")
        ask(before.base_url, "DELETE", f"/{gone}")

    with Simulator(state_file=file) as after:
        after.clock.push(11)
        listed = ask(after.base_url, "GET").output["list"]
        by_name = ask(after.base_url, "GET", model_name=created["model_name"])

        assert {row["job_id"]: row["status"] for row in listed} == {
            created["job_id"]: "SUCCESSED",
            fixed: "FAILED",
        }
        assert {row["display_name"] for row in listed} == {"客服", "made elsewhere"}
        assert job_ids(by_name) == [created["job_id"]]
        assert {job.job_id for job, _ in after.jobs() if job.made_elsewhere} == {fixed}


def test_the_clock_is_not_behind_after_a_restart(file: Path) -> None:
    with Simulator(state_file=file) as before:
        before.clock.push(3600)
        created = create(before.base_url).output

    with Simulator(state_file=file) as after:
        after.clock.push(11)

        assert ask(after.base_url, "GET", f"/{created['job_id']}").output["status"] == "SUCCESSED"


def test_each_change_is_in_the_file_before_its_answer(file: Path) -> None:
    def kept() -> list[str]:
        return [row["job_id"] for row in json.loads(file.read_text())["jobs"]]

    with Simulator(state_file=file) as simulator:
        assert kept() == []
        job_id = create(simulator.base_url).output["job_id"]
        assert kept() == [job_id]
        simulator.set_status(job_id, "SUCCESSED")
        ask(simulator.base_url, "DELETE", f"/{job_id}")
        assert kept() == []
        create(simulator.base_url)
        simulator.reset()
        assert kept() == []

    assert list(file.parent.iterdir()) == [file]


def test_the_file_holds_no_key(file: Path) -> None:
    with Simulator(state_file=file) as simulator:
        create(simulator.base_url)

    assert SIMULATOR_KEY not in file.read_text()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"version": 2, "pushed_seconds": 0, "jobs": []}',
        '{"version": 1}',
        '{"version": 1, "pushed_seconds": 0, "jobs": [{"job_id": "1"}]}',
    ],
)
def test_it_leaves_a_file_that_it_cannot_read(file: Path, content: str) -> None:
    file.write_text(content)

    with pytest.raises(StateFileError, match=r"simulator\.json"):
        Simulator(state_file=file)

    assert file.read_text() == content


def test_it_says_so_when_the_file_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match="cannot be written"):
        Simulator(state_file=tmp_path / "no such directory" / "simulator.json")
