"""GET /jobs and GET /jobs/{id}."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from jobs.choices import AttemptState, JobStatus, Origin
from jobs.models import ImportJob, User, Workspace
from tests.api.calling import Script, candidate
from tests.making import make_attempt, make_job

START = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


def ids(answer: Any) -> list[int]:
    return [job["id"] for job in answer.json()["items"]]


def walk(script: Script, **query: Any) -> list[list[int]]:
    """The ids on every page, as whoever follows `next` sees them."""
    seen, cursor = [], ""
    while True:
        answer = script.get("/jobs", cursor=cursor, **query)
        seen.append(ids(answer))
        cursor = answer.json()["next"]
        if cursor is None:
            return seen


def test_it_shows_every_field_of_the_contract(bob: User, workspace: Workspace) -> None:
    job = make_job(
        workspace,
        by=bob,
        status=JobStatus.FAILED,
        display_name="Support tone",
        request_id="req-1",
        created_at=START,
    )

    shown = Script(bob).get(f"/jobs/{job.pk}").json()

    error = shown.pop("error")
    assert shown == {
        "id": job.pk,
        "workspace": workspace.slug,
        "status": "failed",
        "remote_status": "FAILED",
        "base_model": "qwen3-32b",
        "display_name": "Support tone",
        "weight_type": "lora",
        "bucket_name": "acme-models",
        "object_key": job.object_key,
        "job_id": job.remote_job_id,
        "model_name": job.generated_model_name,
        "request_id": "req-1",
        "submitted_by": "bob",
        "origin": "desk",
        "resubmission_of": None,
        "candidates": [],
        "created_at": "2026-01-31T08:00:00+00:00",
        "updated_at": "2026-01-31T08:00:00+00:00",
        "gmt_create": "2026-01-31T08:00:00.000+00:00",
        "deleted_at": None,
    }
    assert error["code"] == error["message"] == "AvailableModelFileNotFound"
    assert error["retry_safe"] is False
    assert "adapter_config.json" in error["cause"]


def test_errors_are_explained_in_the_language_asked_for(bob: User, workspace: Workspace) -> None:
    job = make_job(workspace, status=JobStatus.FAILED)
    script = Script(bob)

    answer = script.client.get(f"/api/v1/jobs/{job.pk}", headers={"accept-language": "zh-Hans"})

    assert "目录" in answer.json()["error"]["cause"]


def test_what_is_not_known_of_a_job_made_elsewhere_is_null(bob: User, workspace: Workspace) -> None:
    job = make_job(
        workspace, origin=Origin.DISCOVERED, status=JobStatus.OTHER, weight_type="", gmt_create=""
    )

    shown = Script(bob).get(f"/jobs/{job.pk}").json()

    assert (shown["origin"], shown["submitted_by"]) == ("discovered", None)
    assert (shown["weight_type"], shown["gmt_create"], shown["error"]) == (None, None, None)
    assert (shown["status"], shown["remote_status"]) == ("other", "PAUSED")


def test_a_conflict_names_its_candidates(bob: User, workspace: Workspace) -> None:
    job = make_job(workspace, by=bob, status=JobStatus.UNCONFIRMED)
    candidates = [candidate("import-1"), candidate("import-2")]
    make_attempt(job, state=AttemptState.CONFLICT, candidates=candidates)

    shown = Script(bob).get(f"/jobs/{job.pk}").json()

    assert shown["status"] == "unconfirmed"
    assert [found["job_id"] for found in shown["candidates"]] == ["import-1", "import-2"]
    assert set(shown["candidates"][0]) == {
        *("job_id", "model_name", "display_name", "bucket_name", "object_key"),
        *("status", "gmt_create"),
    }


def test_a_strangers_job_is_not_found(charlie: User, workspace: Workspace) -> None:
    job = make_job(workspace)
    script = Script(charlie)

    assert script.get(f"/jobs/{job.pk}").status_code == 404
    assert ids(script.get("/jobs")) == []


def test_jobs_come_newest_first_and_a_page_at_a_time(bob: User, workspace: Workspace) -> None:
    made = [
        make_job(workspace, created_at=START + timedelta(minutes=number)).pk for number in range(5)
    ]

    assert walk(Script(bob), limit=2) == [made[:2:-1], made[2:0:-1], made[:1]]


def test_rows_that_arrive_while_one_reads_skip_and_repeat_nothing(
    bob: User, workspace: Workspace
) -> None:
    made = {make_job(workspace, created_at=START).pk for _ in range(5)}
    script = Script(bob)
    seen: list[int] = []
    cursor = ""

    while cursor is not None:
        answer = script.get("/jobs", cursor=cursor, limit=2).json()
        seen += [job["id"] for job in answer["items"]]
        cursor = answer["next"]
        make_job(workspace, created_at=START + timedelta(hours=1))
        make_job(workspace, created_at=START)

    assert made <= set(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "failed"}, {"failed"}),
        ({"status": "open"}, {"running"}),
        ({"status": "unsuccessful"}, {"failed"}),
        ({"submitter": "bob"}, {"failed"}),
        ({"weight_type": "full"}, {"running"}),
        ({"ended_since": "2026-01-31"}, {"failed"}),
        ({"workspace": "main"}, {"failed", "running", "old"}),
        ({"workspace": "nowhere"}, set()),
        ({"base_model": "qwen3-8b"}, {"running"}),
        ({"q": "router qwen3"}, {"running"}),
        ({"since": "2026-01-31"}, {"failed", "running"}),
        ({"until": "2026-01-30"}, {"old"}),
        ({"since": "2026-01-31T08:00:00Z", "until": "2026-01-31T09:00:00+00:00"}, {"failed"}),
    ],
)
def test_it_finds_what_is_asked_for(
    bob: User, workspace: Workspace, query: dict[str, str], found: set[str]
) -> None:
    later = START + timedelta(hours=2)
    jobs = {
        "failed": make_job(
            workspace, by=bob, status=JobStatus.FAILED, created_at=START, finished_at=later
        ),
        "running": make_job(
            workspace,
            status=JobStatus.RUNNING,
            base_model="qwen3-8b",
            display_name="Ticket router",
            weight_type="full",
            created_at=later,
        ),
        "old": make_job(workspace, created_at=START - timedelta(days=1)),
    }

    answer = Script(bob).get("/jobs", **query)

    assert set(ids(answer)) == {jobs[name].pk for name in found}


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"status": "succeded"}, "status"),
        ({"weight_type": "qlora"}, "weight_type"),
        ({"ended_since": "now"}, "ended_since"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-02-30"}, "until"),
        ({"cursor": "older"}, "cursor"),
        ({"cursor": "older-1-99999999999999999999"}, "cursor"),
        ({"stauts": "failed"}, "stauts"),
        ({"status": ["failed", "running"]}, "status"),
    ],
)
def test_it_widens_nothing_when_it_does_not_understand(
    bob: User, query: dict[str, Any], wrong: str
) -> None:
    answer = Script(bob).get("/jobs", **query)

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [wrong]


def test_a_page_costs_the_same_however_many_jobs_it_has(
    bob: User, workspace: Workspace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    script = Script(bob)
    for _ in range(2):
        conflict = make_job(workspace, by=bob, status=JobStatus.UNCONFIRMED)
        make_attempt(
            conflict, state=AttemptState.CONFLICT, candidates=[candidate("a"), candidate("b")]
        )

    # The token, its use, the workspaces, which jobs, the jobs, the conflicts.
    with django_assert_num_queries(5):
        script.get("/jobs")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": JobStatus.RUNNING}, "status"),
        ({"generated_model_name": "another-name"}, "model_name"),
        ({"updated_at": START + timedelta(days=1)}, "updated_at"),
        ({"deleted_at": START + timedelta(days=1)}, "deleted_at"),
        ({"error_code": "ModelConfigInvalid", "error_message": "bad"}, "error"),
        ({"submitted_by": None}, "submitted_by"),
    ],
)
def test_a_list_that_was_read_before_shows_at_once_what_changed(
    bob: User, workspace: Workspace, change: dict[str, Any], field: str
) -> None:
    job = make_job(workspace, by=bob, status=JobStatus.SUCCEEDED, created_at=START)
    script = Script(bob)
    [before] = script.get("/jobs").json()["items"]

    ImportJob.objects.filter(pk=job.pk).update(**change)  # no event says so
    [after] = script.get("/jobs").json()["items"]

    assert [name for name in after if after[name] != before[name]] == [field]
    assert after == script.get(f"/jobs/{job.pk}").json()


def test_a_list_that_was_read_before_shows_its_workspace_and_its_language(
    bob: User, workspace: Workspace
) -> None:
    make_job(workspace, status=JobStatus.FAILED)
    script = Script(bob)
    [before] = script.get("/jobs").json()["items"]

    Workspace.objects.update(slug="renamed")
    answer = script.client.get("/api/v1/jobs", headers={"accept-language": "zh-Hans"})
    [after] = answer.json()["items"]

    assert (before["workspace"], after["workspace"]) == (workspace.slug, "renamed")
    assert "目录" in after["error"]["cause"]
    assert "目录" not in before["error"]["cause"]


def test_a_list_names_candidates_as_the_job_does(bob: User, workspace: Workspace) -> None:
    job = make_job(workspace, by=bob, status=JobStatus.UNCONFIRMED)
    script = Script(bob)
    [before] = script.get("/jobs").json()["items"]

    make_attempt(job, state=AttemptState.CONFLICT, candidates=[candidate("a"), candidate("b")])
    [after] = script.get("/jobs").json()["items"]

    assert before["candidates"] == []
    assert [found["job_id"] for found in after["candidates"]] == ["a", "b"]
    assert after == script.get(f"/jobs/{job.pk}").json()
