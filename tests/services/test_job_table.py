import csv
import io
from datetime import UTC, datetime

import pytest

from jobs.choices import JobStatus
from jobs.models import ImportJob, User, Workspace
from jobs.services import job_table
from tests.making import make_job


def rows() -> list[dict[str, str]]:
    text = "".join(job_table.lines(ImportJob.objects.for_list()))
    assert text.startswith(job_table.BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text.removeprefix(job_table.BYTE_ORDER_MARK))))


def test_it_holds_what_is_known_of_each_job(workspace: Workspace, bob: User) -> None:
    at = datetime(2026, 1, 31, 8, tzinfo=UTC)
    job = make_job(
        workspace,
        by=bob,
        status=JobStatus.FAILED,
        display_name="客服, “语气”\nzwei",
        created_at=at,
    )

    (row,) = rows()

    assert tuple(row) == job_table.COLUMNS
    assert row["id"] == str(job.pk)
    assert row["display_name"] == job.display_name
    assert row["submitted_by"] == "Bob"
    assert row["created_at"] == "2026-01-31T08:00:00+00:00"
    assert row["error_code"] == "AvailableModelFileNotFound"
    assert row["deleted_at"] == ""


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\n=1"])
def test_no_cell_is_taken_for_a_formula(workspace: Workspace, name: str) -> None:
    make_job(workspace, display_name=name)

    (row,) = rows()

    assert row["display_name"] == f"'{name}"


@pytest.mark.parametrize("name", ["qwen3-32b", "a=b", "", "客服"])
def test_other_cells_are_as_they_are(name: str) -> None:
    assert job_table.safe(name) == name
