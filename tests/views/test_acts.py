from collections.abc import Callable

import pytest
from django.test import Client

from jobs.choices import JobStatus
from jobs.models import Attempt, AuditEvent, Deletion, ImportJob, User, Workspace
from tests.making import make_attempt, make_job

ClientOf = Callable[[User], Client]
CANDIDATE = {
    "job_id": "import-1",
    "model_name": "qwen3-32b-offline-20261124-77f0",
    "display_name": "Claims triage",
    "bucket_name": "acme-models",
    "object_key": "claims/triage-v2/",
    "status": "RUNNING",
    "gmt_create": "2026-11-24T10:00:12.000+00:00",
    "error_code": "",
    "created_at": "2026-11-24T10:00:12+00:00",
}
OTHER = CANDIDATE | {
    "job_id": 'import/2"><b>',
    "model_name": "qwen3-32b-offline-20261124-81aa",
    "gmt_create": "when it was made",
    "created_at": "",
}


@pytest.fixture
def done(workspace: Workspace, bob: User) -> ImportJob:
    """Bob's imported model."""
    return make_job(workspace, by=bob, display_name="Support tone <v8>")


@pytest.fixture
def conflict(workspace: Workspace, bob: User) -> Attempt:
    """Bob's submission, which two jobs at DashScope could be."""
    job = make_job(workspace, by=bob, status=JobStatus.UNCONFIRMED, display_name="Claims triage")
    return make_attempt(job, state="conflict", candidates=[CANDIDATE, OTHER])


def test_it_says_what_is_deleted_and_what_stays(
    client_of: ClientOf, bob: User, done: ImportJob
) -> None:
    page = client_of(bob).get(f"/jobs/{done.pk}/delete/").content.decode()

    assert "This cannot be undone" in page
    assert "Support tone &lt;v8&gt;" in page
    assert f"oss://acme-models/{done.object_key}" in page
    assert "are not touched" in page


def test_it_deletes_only_what_was_named(client_of: ClientOf, bob: User, done: ImportJob) -> None:
    client = client_of(bob)

    refused = client.post(
        f"/jobs/{done.pk}/delete/", {"confirm": "Support tone", "reason": "Superseded"}
    ).content.decode()

    assert "This is not the model&#x27;s name." in refused
    assert 'value="Support tone"' in refused
    assert 'value="Superseded"' in refused
    assert not Deletion.objects.exists()

    response = client.post(
        f"/jobs/{done.pk}/delete/", {"confirm": "Support tone <v8>", "reason": "Superseded"}
    )

    assert response["Location"] == f"/jobs/{done.pk}/"
    deletion = Deletion.objects.get()
    assert (deletion.job, deletion.reason_given) == (done, "Superseded")
    assert deletion.requested_by == bob
    assert AuditEvent.objects.filter(verb="deletion.requested", job_id=done.pk).count() == 1


def test_it_deletes_once(client_of: ClientOf, bob: User, done: ImportJob) -> None:
    client = client_of(bob)
    named = {"confirm": "Support tone <v8>"}

    first, second = (client.post(f"/jobs/{done.pk}/delete/", named) for _ in "ab")

    assert (first.status_code, second.status_code) == (302, 409)
    assert Deletion.objects.count() == 1


@pytest.mark.parametrize("status", ["queued", "unconfirmed", "pending", "running", "rejected"])
def test_it_explains_why_another_job_cannot_be_deleted(
    client_of: ClientOf, alice: User, workspace: Workspace, status: str
) -> None:
    job = make_job(workspace, status=status)
    client = client_of(alice)

    for response in (
        client.get(f"/jobs/{job.pk}/delete/"),
        client.post(f"/jobs/{job.pk}/delete/", {"confirm": job.label}),
    ):
        assert response.status_code == 409
        assert "This job cannot be deleted at DashScope" in response.content.decode()
    assert not Deletion.objects.exists()


def test_an_admin_deletes_anybodys_and_a_submitter_their_own(
    client_of: ClientOf, alice: User, bob: User, workspace: Workspace
) -> None:
    bobs, alices = make_job(workspace, by=bob), make_job(workspace, by=alice)

    by_alice = client_of(alice).post(f"/jobs/{bobs.pk}/delete/", {"confirm": bobs.label})
    by_bob = client_of(bob).post(f"/jobs/{alices.pk}/delete/", {"confirm": alices.label})

    assert (by_alice.status_code, by_bob.status_code) == (302, 403)
    assert "Alice" in by_bob.content.decode()
    assert Deletion.objects.get().job == bobs


@pytest.mark.parametrize("act", ["delete", "resolve"])
def test_readers_may_not_and_strangers_see_nothing(
    client_of: ClientOf, vera: User, ada: User, charlie: User, conflict: Attempt, act: str
) -> None:
    address = f"/jobs/{conflict.job_id}/{act}/"

    for reader in (vera, ada):
        assert client_of(reader).get(address).status_code == 403
        assert client_of(reader).post(address, {"choice": "none"}).status_code == 403
    assert client_of(charlie).get(address).status_code == 404
    assert client_of(charlie).post(address, {"choice": "none"}).status_code == 404
    conflict.refresh_from_db()
    assert conflict.state == "conflict"


def test_it_shows_the_candidates_side_by_side(
    client_of: ClientOf, bob: User, conflict: Attempt
) -> None:
    page = client_of(bob).get(f"/jobs/{conflict.job_id}/resolve/").content.decode()

    assert 'value="job:import-1"' in page
    assert 'value="job:import/2&quot;&gt;&lt;b&gt;"' in page
    assert "qwen3-32b-offline-20261124-77f0" in page
    assert "2026-11-24 10:00:12 UTC" in page
    assert "when it was made" in page
    assert "None of these" in page


@pytest.mark.parametrize("number", [0, 1])
def test_it_takes_the_candidate_that_was_picked(
    client_of: ClientOf, bob: User, conflict: Attempt, number: int
) -> None:
    picked = [CANDIDATE, OTHER][number]

    response = client_of(bob).post(
        f"/jobs/{conflict.job_id}/resolve/", {"choice": f"job:{picked['job_id']}"}
    )

    assert response["Location"] == f"/jobs/{conflict.job_id}/"
    conflict.refresh_from_db()
    assert (conflict.state, conflict.remote_job_id) == ("confirmed", picked["job_id"])
    assert conflict.confirmed_by == "picked"


def test_it_wants_a_reason_for_none_of_these(
    client_of: ClientOf, bob: User, conflict: Attempt
) -> None:
    client = client_of(bob)
    address = f"/jobs/{conflict.job_id}/resolve/"

    page = client.post(address, {"choice": "none"}).content.decode()
    assert "Say how you know that it is none of these." in page
    assert 'value="none" checked' in page

    client.post(address, {"choice": "none", "reason": "Both are from the console."})

    conflict.refresh_from_db()
    assert conflict.state == "absent"
    assert AuditEvent.objects.filter(verb="attempt.dismissed").count() == 1


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"choice": ""},
        {"choice": "import-1"},
        {"choice": "job:import-3", "reason": "It is."},
        {"choice": "job:"},
        {"choice": "none\x00"},
        {"choice": "none", "reason": "\x00"},
        {"choice": "none", "reason": "x" * 5000},
    ],
)
def test_it_takes_nothing_else_for_an_answer(
    client_of: ClientOf, bob: User, conflict: Attempt, posted: dict[str, str]
) -> None:
    response = client_of(bob).post(f"/jobs/{conflict.job_id}/resolve/", posted)

    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    conflict.refresh_from_db()
    assert conflict.state == "conflict"


def test_it_refuses_a_candidate_that_another_record_owns_by_now(
    client_of: ClientOf, bob: User, conflict: Attempt, workspace: Workspace
) -> None:
    make_job(workspace, remote_job_id="import-1")

    page = (
        client_of(bob)
        .post(f"/jobs/{conflict.job_id}/resolve/", {"choice": "job:import-1"})
        .content.decode()
    )

    assert "Another job here owns this candidate by now" in page


def test_it_says_so_when_there_is_nothing_to_settle(
    client_of: ClientOf, bob: User, done: ImportJob
) -> None:
    client = client_of(bob)

    for response in (
        client.get(f"/jobs/{done.pk}/resolve/"),
        client.post(f"/jobs/{done.pk}/resolve/", {"choice": "none", "reason": "No."}),
    ):
        assert response["Location"] == f"/jobs/{done.pk}/"
        told = [str(message) for message in response.wsgi_request._messages]
        assert told[-1] == "There is nothing to settle here, or no longer."


def test_the_jobs_page_asks_whoever_may_answer_and_shows_it_to_others(
    client_of: ClientOf, bob: User, vera: User, conflict: Attempt
) -> None:
    address = f"/jobs/{conflict.job_id}/"

    assert "Settle it" in client_of(bob).get(address).content.decode()
    shown = client_of(vera).get(address).content.decode()
    assert "qwen3-32b-offline-20261124-77f0" in shown
    assert "Settle it" not in shown
