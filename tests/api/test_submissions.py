"""POST /jobs and POST /jobs/{id}/resubmit."""

from typing import Any

import pytest

from jobs import actors
from jobs.choices import JobStatus, Origin, Region, Role, Verb
from jobs.models import Attempt, AuditEvent, ImportJob, User, Workspace
from jobs.services import members, workspaces
from tests.api.calling import FIELDS, Script
from tests.making import make_job


def second_workspace() -> Workspace:
    return workspaces.add(
        slug="research",
        name="Research",
        region=Region.SINGAPORE,
        key_reference="RESEARCH",
        actor=actors.command_line(),
    )


def test_a_submission_is_an_intent_on_disk(bob: User) -> None:
    answer = Script(bob).submit(workspace="main")

    job = ImportJob.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, f"/api/v1/jobs/{job.pk}")
    assert {name: answer.json()[name] for name in FIELDS} == FIELDS
    assert (answer.json()["status"], answer.json()["submitted_by"]) == ("queued", "bob")
    assert job.attempts.get().state == "intended"


def test_the_history_says_which_token_acted(bob: User) -> None:
    script = Script(bob)

    answer = script.submit()

    event = AuditEvent.objects.get(verb=Verb.JOB_SUBMITTED)
    assert (event.actor_kind, event.actor_user_id) == ("token", bob.pk)
    assert event.token_id == script.token.pk
    assert event.act_id == answer["X-Request-Id"]


def test_the_same_key_and_content_lead_to_the_same_job(bob: User) -> None:
    first = Script(bob).submit(key="nightly-1")

    # Another token of the same person: a script may be given a new one between two tries.
    second = Script(bob).submit(key="nightly-1")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert Attempt.objects.count() == 1


def test_the_same_key_with_other_content_is_refused(bob: User) -> None:
    first = Script(bob).submit(key="nightly-1").json()["id"]

    answer = Script(bob).submit(key="nightly-1", display_name="Other")

    assert answer.status_code == 409
    assert answer.json()["code"] == "different_submission"
    assert answer.json()["fields"]["earlier_job"] == [str(first)]
    assert ImportJob.objects.count() == 1


def test_two_peoples_equal_keys_have_nothing_to_do_with_each_other(bob: User, alice: User) -> None:
    Script(bob).submit(key="1")

    answer = Script(alice).submit(key="1", object_key="models/other/")

    assert answer.status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "with space", "schlüssel"])
def test_it_takes_no_key_that_it_could_not_tell_apart(bob: User, key: str) -> None:
    answer = Script(bob).submit(key=key)

    assert answer.status_code == 422
    assert not ImportJob.objects.exists()


def test_the_same_weights_twice_need_a_reason(bob: User) -> None:
    script = Script(bob)
    first = script.submit().json()["id"]

    refused = script.submit(display_name="Again")
    without_reason = script.submit(allow_duplicate=True)
    meant = script.submit(allow_duplicate=True, reason="the first used the wrong rank")

    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate_import")
    assert str(first) in refused.json()["message"]
    assert refused.json()["fields"]["earlier_job"] == [str(first)]
    assert (without_reason.status_code, list(without_reason.json()["fields"])) == (422, ["reason"])
    assert meant.status_code == 201


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"object_key": "models/support-tone"}, "object_key"),
        ({"object_key": "oss://acme-models/models/"}, "object_key"),
        ({"bucket_name": "Acme"}, "bucket_name"),
        ({"base_model": ""}, "base_model"),
        ({"display_name": "x" * 51}, "display_name"),
        ({"weight_type": "LoRA"}, "weight_type"),
        ({"weight_type": None}, "weight_type"),
        ({"base_model": 3}, "base_model"),
        ({"allow_duplicate": "yes"}, "allow_duplicate"),
        ({"reason": "\x00", "allow_duplicate": True}, "reason"),
        ({"display_name": "half \ud83d"}, "display_name"),
        ({"dispaly_name": "typo"}, "dispaly_name"),
    ],
)
def test_it_corrects_nothing_and_names_the_field(
    bob: User, fields: dict[str, Any], wrong: str
) -> None:
    answer = Script(bob).submit(**fields)

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [wrong]
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize("text", ["", "[]", "3", "null"])
def test_a_body_has_to_be_an_object(bob: User, text: str) -> None:
    client = Script(bob).client

    answer = client.post("/api/v1/jobs", text, content_type="application/json")

    assert answer.status_code == 422


def test_readers_may_not_submit_and_strangers_find_no_workspace(
    vera: User, ada: User, charlie: User
) -> None:
    for reader in (vera, ada):
        assert Script(reader).submit(object_key="bad").status_code == 403
        assert Script(reader).submit(workspace="main").status_code == 403
    assert Script(charlie).submit().status_code == 404
    assert Script(charlie).submit(workspace="main").status_code == 404
    assert not ImportJob.objects.exists()


def test_a_token_without_the_scope_may_not_submit_though_its_person_may(bob: User) -> None:
    answer = Script(bob, scopes=["read", "audit"]).submit()

    assert answer.status_code == 403
    assert "audit, read" in answer.json()["message"]
    assert not ImportJob.objects.exists()


def test_whoever_submits_in_several_workspaces_has_to_name_one(bob: User) -> None:
    research = second_workspace()
    members.add(research, bob, Role.SUBMITTER, actor=actors.command_line())
    script = Script(bob)

    unnamed = script.submit()
    named = script.submit(workspace="research")

    assert unnamed.status_code == 422
    assert "main, research" in unnamed.json()["fields"]["workspace"][0]
    assert named.json()["workspace"] == "research"


@pytest.mark.parametrize("name", ["research", "nowhere", "", "\x00"])
def test_anothers_workspace_is_like_none(bob: User, name: str) -> None:
    second_workspace()

    answer = Script(bob).submit(workspace=name)

    assert answer.status_code == 404
    assert list(answer.json()["fields"]) == ["workspace"]


def test_a_resubmission_corrects_what_it_names(bob: User, workspace: Workspace) -> None:
    failed = make_job(workspace, by=bob, status=JobStatus.FAILED)

    answer = Script(bob).post(f"/jobs/{failed.pk}/resubmit", {"object_key": "models/fixed/"})

    assert answer.status_code == 201
    assert answer.json()["resubmission_of"] == failed.pk
    assert answer.json()["object_key"] == "models/fixed/"
    assert answer.json()["bucket_name"] == failed.bucket_name


def test_a_resubmission_without_a_body_is_the_same_once_more(
    bob: User, workspace: Workspace
) -> None:
    failed = make_job(workspace, by=bob, status=JobStatus.NOT_CREATED)
    script = Script(bob)

    first = script.post(f"/jobs/{failed.pk}/resubmit", key="again")
    second = script.post(f"/jobs/{failed.pk}/resubmit", key="again")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


def test_only_what_came_to_nothing_is_resubmitted(bob: User, workspace: Workspace) -> None:
    running = make_job(workspace, by=bob, status=JobStatus.RUNNING)

    answer = Script(bob).post(f"/jobs/{running.pk}/resubmit", {"object_key": "models/other/"})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_what_was_only_inferred_has_to_be_said(bob: User, workspace: Workspace) -> None:
    foreign = make_job(
        workspace,
        origin=Origin.DISCOVERED,
        status=JobStatus.FAILED,
        base_model_inferred=True,
        weight_type="",
    )

    answer = Script(bob).post(f"/jobs/{foreign.pk}/resubmit")

    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == {"base_model", "weight_type"}


def test_a_strangers_job_is_not_resubmitted(
    charlie: User, vera: User, workspace: Workspace
) -> None:
    failed = make_job(workspace, status=JobStatus.FAILED)

    assert Script(charlie).post(f"/jobs/{failed.pk}/resubmit").status_code == 404
    assert Script(vera).post(f"/jobs/{failed.pk}/resubmit").status_code == 403
