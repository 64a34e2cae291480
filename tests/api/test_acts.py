"""DELETE /jobs/{id} and POST /jobs/{id}/resolve."""

from typing import Any

import pytest

from jobs.choices import AttemptState, JobStatus
from jobs.models import Deletion, ImportJob, User, Workspace
from tests.api.calling import Script, candidate
from tests.making import make_attempt, make_job


def make_conflict(workspace: Workspace, by: User) -> ImportJob:
    job = make_job(workspace, by=by, status=JobStatus.UNCONFIRMED)
    candidates = [candidate("import-1"), candidate("import-2")]
    make_attempt(job, state=AttemptState.CONFLICT, candidates=candidates)
    return job


def test_a_deletion_is_noted_for_the_worker(bob: User, workspace: Workspace) -> None:
    job = make_job(workspace, by=bob)

    answer = Script(bob).delete(f"/jobs/{job.pk}?reason=superseded")

    assert (answer.status_code, answer.json()["id"]) == (202, job.pk)
    assert answer.json()["deleted_at"] is None
    assert Deletion.objects.get(job=job).reason_given == "superseded"


def test_only_a_job_at_its_end_is_deleted_and_only_once(bob: User, workspace: Workspace) -> None:
    script = Script(bob)
    running = make_job(workspace, by=bob, status=JobStatus.RUNNING)
    ended = make_job(workspace, by=bob)

    first = script.delete(f"/jobs/{ended.pk}")

    assert first.status_code == 202
    for job in (running, ended):
        answer = script.delete(f"/jobs/{job.pk}")
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize("query", ["?reason=%00", "?reson=typo", "?reason=" + "x" * 1001])
def test_a_reason_that_cannot_be_kept_deletes_nothing(
    bob: User, workspace: Workspace, query: str
) -> None:
    job = make_job(workspace, by=bob)

    assert Script(bob).delete(f"/jobs/{job.pk}{query}").status_code == 422
    assert not Deletion.objects.exists()


def test_people_delete_their_own_and_admins_any(
    alice: User, bob: User, vera: User, charlie: User, workspace: Workspace
) -> None:
    job = make_job(workspace)

    statuses = [Script(who).delete(f"/jobs/{job.pk}").status_code for who in (charlie, vera, bob)]

    assert statuses == [404, 403, 403]
    assert Script(alice, scopes=["read", "audit"]).delete(f"/jobs/{job.pk}").status_code == 403
    assert Script(alice).delete(f"/jobs/{job.pk}").status_code == 202


def test_a_candidate_is_picked(bob: User, workspace: Workspace) -> None:
    job = make_conflict(workspace, bob)

    answer = Script(bob).post(f"/jobs/{job.pk}/resolve", {"job_id": "import-2"})

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["job_id"]) == ("pending", "import-2")
    assert answer.json()["candidates"] == []


def test_all_candidates_are_dismissed(bob: User, workspace: Workspace) -> None:
    job = make_conflict(workspace, bob)

    answer = Script(bob).post(f"/jobs/{job.pk}/resolve", {"dismiss": True})

    assert (answer.status_code, answer.json()["status"]) == (200, "not_created")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"job_id": "import-3"},
        {"job_id": "import-1", "dismiss": True},
        {"dismiss": False},
        {"dismiss": True, "reason": "\u202e"},
        {"job": "import-1"},
    ],
)
def test_an_unclear_answer_settles_nothing(
    bob: User, workspace: Workspace, body: dict[str, Any]
) -> None:
    job = make_conflict(workspace, bob)

    assert Script(bob).post(f"/jobs/{job.pk}/resolve", body).status_code == 422
    assert job.attempts.get().state == AttemptState.CONFLICT


def test_there_is_nothing_to_settle_twice(bob: User, workspace: Workspace) -> None:
    job = make_conflict(workspace, bob)
    script = Script(bob)
    script.post(f"/jobs/{job.pk}/resolve", {"job_id": "import-1"})

    answer = script.post(f"/jobs/{job.pk}/resolve", {"job_id": "import-2"})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_readers_and_strangers_settle_nothing(
    bob: User, vera: User, charlie: User, workspace: Workspace
) -> None:
    job = make_conflict(workspace, bob)
    body = {"job_id": "import-1"}

    assert Script(vera).post(f"/jobs/{job.pk}/resolve", body).status_code == 403
    assert Script(charlie).post(f"/jobs/{job.pk}/resolve", body).status_code == 404
