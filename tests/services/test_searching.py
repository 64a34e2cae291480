from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from jobs.choices import JobStatus
from jobs.models import User, Workspace
from jobs.services import searching
from tests.making import make_job

SHANGHAI = ZoneInfo("Asia/Shanghai")


def found(user: User, **values: str) -> list[str]:
    search, problems = searching.read(values, UTC)
    assert problems == {}
    return sorted(search.jobs(user).values_list("display_name", flat=True))


def test_it_finds_nothing_that_the_person_may_not_see(
    vera: User, charlie: User, workspace: Workspace
) -> None:
    make_job(workspace, display_name="Here")

    assert found(vera) == ["Here"]
    assert found(charlie) == []


@pytest.mark.parametrize(
    "field",
    [
        "base_model",
        "generated_model_name",
        "bucket_name",
        "object_key",
        "remote_job_id",
        "error_code",
        "error_message",
    ],
)
def test_text_is_looked_for_in_every_field(vera: User, workspace: Workspace, field: str) -> None:
    make_job(workspace, display_name="Wanted", error_call="import", **{field: "abc-Needle-xyz"})
    make_job(workspace, display_name="Other")

    assert found(vera, q="needle") == ["Wanted"]


def test_it_finds_by_person_and_by_number(vera: User, bob: User, workspace: Workspace) -> None:
    job = make_job(workspace, by=bob, display_name="Bobs")
    make_job(workspace, display_name="Other")

    assert found(vera, q="bob") == ["Bobs"]
    assert found(vera, q=f"#{job.pk}") == ["Bobs"]
    assert found(vera, submitter="bob") == ["Bobs"]


def test_every_word_has_to_be_there(vera: User, workspace: Workspace) -> None:
    make_job(workspace, display_name="客服 意图", object_key="cs/v7/")
    make_job(workspace, display_name="客服", object_key="cs/v8/")

    assert found(vera, q="客服 v7") == ["客服 意图"]


def test_signs_of_the_databases_patterns_are_text(vera: User, workspace: Workspace) -> None:
    make_job(workspace, display_name="100%")
    make_job(workspace, display_name="1000")

    assert found(vera, q="100%") == ["100%"]
    assert found(vera, q="1_0") == []


def test_open_leaves_out_what_ended_and_what_is_gone(vera: User, workspace: Workspace) -> None:
    make_job(workspace, display_name="Running", status=JobStatus.RUNNING)
    make_job(workspace, display_name="Queued", status=JobStatus.QUEUED)
    make_job(workspace, display_name="Done")
    make_job(workspace, display_name="Gone", status=JobStatus.RUNNING, gone_at=timezone.now())

    assert found(vera, status="open") == ["Queued", "Running"]


def test_what_was_resubmitted_needs_nobody_any_more(vera: User, workspace: Workspace) -> None:
    failed = make_job(workspace, display_name="Corrected", status=JobStatus.FAILED)
    make_job(workspace, display_name="Correction", resubmission_of=failed)
    make_job(workspace, display_name="Waiting", status=JobStatus.REJECTED)

    assert found(vera, status="needs_person") == ["Waiting"]


def test_days_are_the_readers_and_both_are_included(vera: User, workspace: Workspace) -> None:
    for day in (30, 31):
        make_job(
            workspace,
            display_name=f"{day}th",
            created_at=datetime(2026, 1, day, 18, tzinfo=UTC),  # the next morning in Shanghai
        )
    values = {"since": "2026-02-01", "until": "2026-02-01"}

    search, problems = searching.read(values, SHANGHAI)

    assert problems == {}
    assert [job.display_name for job in search.jobs(vera)] == ["31th"]


def test_times_with_an_offset_are_exact(vera: User, workspace: Workspace) -> None:
    at = datetime(2026, 1, 31, 8, tzinfo=UTC)
    make_job(workspace, display_name="At", created_at=at)
    make_job(workspace, display_name="After", created_at=at + timedelta(seconds=1))

    assert found(vera, since="2026-01-31T16:00:01+08:00") == ["After"]
    assert found(vera, until="2026-01-31T08:00:01Z") == ["At"]


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "2026-01-31T25:00:00Z", "1e9"]
)
def test_a_time_that_cannot_be_read_is_named(text: str) -> None:
    search, problems = searching.read({"since": text, "until": text}, SHANGHAI)

    assert set(problems) == {"since", "until"}
    assert not search.narrows


def test_an_unknown_status_is_named() -> None:
    search, problems = searching.read({"status": "SUCCESSED"}, UTC)

    assert set(problems) == {"status"}
    assert not search.narrows
