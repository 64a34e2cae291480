"""Key checks: asked by a person, answered by a worker, and never by the web."""

from typing import Any

import pytest

from jobs.actors import Actor
from jobs.choices import ActorKind, Verb
from jobs.errors import NotPermitted
from jobs.models import AuditEvent, KeyCheck, User, Workspace
from jobs.services import key_checks
from jobs.simulator import SIMULATOR_KEY, Simulator


def as_person(user: User) -> Actor:
    return Actor(kind=ActorKind.PERSON, label=user.label, user_id=user.pk)


def check(workspace: Workspace, by: User) -> KeyCheck:
    key_checks.ask(workspace, actor=as_person(by))
    assert key_checks.check_next("worker-1")
    found = key_checks.latest(workspace)
    assert found
    return found


def test_a_key_that_works_is_said_to(
    alice: User, workspace: Workspace, simulator: Simulator
) -> None:
    answered = check(workspace, alice)

    assert (answered.works, answered.code) == (True, "")
    assert answered.key_fingerprint
    assert answered.host == simulator.base_url.removeprefix("http://")
    workspace.refresh_from_db()
    assert workspace.key_fingerprint == answered.key_fingerprint
    assert AuditEvent.objects.get(verb=Verb.KEY_CHECKED).workspace_id == workspace.pk


def test_a_key_that_dashscope_refuses_is_said_to_be_refused(
    alice: User, workspace: Workspace, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "not-a-key")

    answered = check(workspace, alice)

    assert (answered.works, answered.code) == (False, "InvalidApiKey")
    assert answered.request_id


def test_a_key_that_is_not_there_is_said_to_be_missing(
    alice: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)

    answered = check(workspace, alice)

    assert (answered.works, answered.code) == (False, "missing_key")
    assert "DASHSCOPE_API_KEY" in answered.message


def test_a_dashscope_that_is_not_reached_is_told_from_a_bad_key(
    alice: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", SIMULATOR_KEY)
    settings.DASHSCOPE_BASE_URL = "http://127.0.0.1:9"

    assert check(workspace, alice).code == "refused"


def test_another_key_changes_the_fingerprint_and_nothing_else(
    alice: User, workspace: Workspace, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = check(workspace, alice)
    workspace.refresh_from_db()
    told = {"name": workspace.name, "host": workspace.host}

    monkeypatch.setenv("DASHSCOPE_API_KEY", f"{SIMULATOR_KEY}.rotated")
    after = check(workspace, alice)

    workspace.refresh_from_db()
    assert after.key_fingerprint != before.key_fingerprint
    assert workspace.key_fingerprint == after.key_fingerprint
    assert told == {"name": workspace.name, "host": workspace.host}


def test_a_second_question_waits_for_the_answer_to_the_first(
    alice: User, workspace: Workspace
) -> None:
    for _ in range(2):
        key_checks.ask(workspace, actor=as_person(alice))

    assert KeyCheck.objects.count() == 1
    assert AuditEvent.objects.filter(verb=Verb.KEY_CHECK_ASKED).count() == 1


def test_without_a_question_nobody_is_called(workspace: Workspace) -> None:
    assert not key_checks.check_next("worker-1")


def test_only_admins_ask(bob: User, workspace: Workspace) -> None:
    with pytest.raises(NotPermitted):
        key_checks.ask(workspace, actor=as_person(bob))
