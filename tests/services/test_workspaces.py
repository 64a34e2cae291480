"""Workspaces: added and changed by their admins, under keys that they name and never see."""

from typing import Any

import pytest

from jobs import actors
from jobs.actors import Actor
from jobs.choices import ActorKind, AttemptState, JobStatus, Region, Role, Verb
from jobs.errors import InvalidFields, NotPermitted
from jobs.models import AuditEvent, Duty, ImportJob, User, Workspace
from jobs.permissions import ABILITIES, abilities
from jobs.services import keys, workers, workspaces
from tests.making import make_attempt, make_job

FIRST, SECOND = "sk-first", "sk-second"


def as_person(user: User) -> Actor:
    return Actor(kind=ActorKind.PERSON, label=user.label, user_id=user.pk)


@pytest.fixture
def worker(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that reports two keys, of which the first workspace uses one."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", FIRST)
    monkeypatch.setenv("DASHSCOPE_API_KEY_RESEARCH", SECOND)
    workers.beat("worker-1")


def add(by: User, **fields: Any) -> Workspace:
    fields = {
        "slug": "research",
        "name": "Research",
        "region": Region.SINGAPORE,
        "key_reference": "RESEARCH",
    } | fields
    return workspaces.add(**fields, actor=as_person(by))


def change(workspace: Workspace, by: User, **fields: Any) -> None:
    fields = {
        "name": workspace.name,
        "region": workspace.region,
        "key_reference": workspace.key_reference,
    } | fields
    workspaces.change(workspace, **fields, actor=as_person(by))


def test_an_admin_adds_a_workspace_and_is_its_admin(worker: None, alice: User) -> None:
    made = add(alice)

    assert abilities(alice.pk, made) == ABILITIES[Role.ADMIN]
    assert Duty.objects.filter(workspace=made).exists()
    event = AuditEvent.objects.get(verb=Verb.WORKSPACE_ADDED, workspace_id=made.pk)
    assert "DASHSCOPE_API_KEY_RESEARCH" in event.canonical


def test_the_keys_to_choose_from_are_those_that_workers_report(worker: None) -> None:
    offers = workspaces.key_offers()

    assert [offer.reference for offer in offers] == ["", "RESEARCH"]
    assert offers[1].setting == "DASHSCOPE_API_KEY_RESEARCH"
    assert offers[1].fingerprint == keys.fingerprint(SECOND)


def test_a_worker_that_ended_offers_nothing(worker: None) -> None:
    workers.part("worker-1")

    assert workspaces.key_offers() == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"slug": "Research"}, "slug"),
        ({"slug": "main"}, "slug"),
        ({"slug": "x" * 41}, "slug"),
        ({"slug": "a--b"}, "slug"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"key_reference": "ELSEWHERE"}, "key_reference"),
        ({"key_reference": "", "region": Region.ENVIRONMENT}, "key_reference"),
    ],
)
def test_it_refuses_what_no_workspace_can_be(
    worker: None, alice: User, fields: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(InvalidFields) as refused:
        add(alice, **fields)

    assert list(refused.value.fields) == [wrong]
    assert Workspace.objects.count() == 1


def test_one_key_is_not_in_two_workspaces_under_whatever_name(
    worker: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY_COPY", FIRST)
    workers.beat("worker-1")

    with pytest.raises(InvalidFields):
        add(alice, key_reference="COPY", region=Region.ENVIRONMENT)


def test_in_the_demo_nothing_can_be_sent_elsewhere(
    worker: None, alice: User, settings: Any
) -> None:
    settings.DEMO = True

    with pytest.raises(InvalidFields) as refused:
        add(alice)

    assert list(refused.value.fields) == ["region"]
    assert add(alice, region=Region.ENVIRONMENT).region == Region.ENVIRONMENT


@pytest.mark.parametrize("who", ["bob", "vera", "ada", "charlie"])
def test_nobody_else_adds_or_changes_one(
    worker: None, who: str, workspace: Workspace, request: pytest.FixtureRequest
) -> None:
    acting: User = request.getfixturevalue(who)

    with pytest.raises(NotPermitted):
        add(acting)
    with pytest.raises(NotPermitted):
        change(workspace, acting, name="Mine")


def test_a_change_says_what_was_and_what_is(
    worker: None, alice: User, workspace: Workspace
) -> None:
    change(workspace, alice, name="Production", key_reference="RESEARCH")

    workspace.refresh_from_db()
    assert (workspace.name, workspace.key_reference) == ("Production", "RESEARCH")
    event = AuditEvent.objects.get(verb=Verb.WORKSPACE_CHANGED)
    assert '"key_setting":["DASHSCOPE_API_KEY","DASHSCOPE_API_KEY_RESEARCH"]' in event.canonical
    assert '"region"' not in event.canonical


def test_no_change_is_no_event(worker: None, alice: User, workspace: Workspace) -> None:
    change(workspace, alice)

    assert not AuditEvent.objects.filter(verb=Verb.WORKSPACE_CHANGED).exists()


def test_a_key_that_no_worker_reports_any_more_may_stay(
    worker: None, alice: User, workspace: Workspace
) -> None:
    workers.part("worker-1")

    change(workspace, alice, name="Production")

    workspace.refresh_from_db()
    assert workspace.name == "Production"


@pytest.mark.parametrize("state", [AttemptState.INTENDED, AttemptState.UNKNOWN])
def test_the_key_stays_while_an_outcome_would_be_looked_for_in_the_wrong_place(
    worker: None, alice: User, workspace: Workspace, state: AttemptState
) -> None:
    status = JobStatus.QUEUED if state == AttemptState.INTENDED else JobStatus.UNCONFIRMED
    make_attempt(make_job(workspace, status=status), state=state)

    with pytest.raises(InvalidFields):
        change(workspace, alice, key_reference="RESEARCH")
    with pytest.raises(InvalidFields):
        change(workspace, alice, region=Region.SINGAPORE)
    change(workspace, alice, name="Production")


def test_records_keep_the_key_under_which_they_were_made(
    worker: None, alice: User, workspace: Workspace
) -> None:
    job = make_job(workspace)
    attempt = make_attempt(job, host="dashscope.aliyuncs.com", key_fingerprint="3f9ac1d2b4e5")

    change(workspace, alice, key_reference="RESEARCH")

    attempt.refresh_from_db()
    assert attempt.key_fingerprint == "3f9ac1d2b4e5"
    assert ImportJob.objects.get() == job


def test_the_command_line_needs_no_worker(db: None) -> None:
    made = workspaces.add(
        slug="later",
        name="Later",
        region=Region.BEIJING,
        key_reference="LATER",
        actor=actors.command_line(),
    )

    assert made.key_setting == "DASHSCOPE_API_KEY_LATER"
