from collections.abc import Callable
from typing import Any

import pytest

from jobs import actors
from jobs.choices import JobStatus, Role
from jobs.models import AuditHead, ImportJob, User, Workspace
from jobs.services import list_facts, members, saved_views
from jobs.services.list_facts import ListFacts
from tests.making import change, make_job, make_person


def facts(workspace: Workspace) -> ListFacts:
    return list_facts.facts_of(AuditHead.objects.get().hash, (workspace.pk,))


def test_they_are_asked_for_once_while_nothing_happens(
    workspace: Workspace, django_assert_num_queries: Any
) -> None:
    facts(workspace)

    with django_assert_num_queries(1):  # for the last event
        facts(workspace)


def test_a_submission_is_seen(submit: Callable[..., ImportJob], workspace: Workspace) -> None:
    before = facts(workspace)

    submit()

    assert (before.open, facts(workspace).open) == (0, 1)


def test_a_change_of_status_is_seen(workspace: Workspace) -> None:
    job = make_job(workspace, status=JobStatus.RUNNING)
    before = facts(workspace)

    change(job, status=JobStatus.FAILED)
    after = facts(workspace)

    assert (before.open, before.needing_a_person) == (1, 0)
    assert (after.open, after.needing_a_person) == (0, 1)


def test_who_joins_and_who_leaves_is_seen(workspace: Workspace, alice: User) -> None:
    newcomer = make_person("dora")
    before = facts(workspace)

    membership = members.add(workspace, newcomer, Role.VIEWER, actor=actors.command_line())
    joined = facts(workspace)
    members.remove(membership, actor=actors.command_line())

    assert [name for name, _label in before.people] == ["alice"]
    assert [name for name, _label in joined.people] == ["alice", "dora"]
    assert facts(workspace).people == before.people


def test_a_saved_view_is_seen(workspace: Workspace, bob: User) -> None:
    acting_bob = actors.Actor(kind="person", label=bob.label, user_id=bob.pk)
    before = facts(workspace)

    view = saved_views.save(workspace, name="Failures", query="status=failed", actor=acting_bob)
    saved = facts(workspace)
    saved_views.remove(view, actor=acting_bob)

    assert [len(each.views) for each in (before, saved, facts(workspace))] == [0, 1, 0]
    assert saved.views[0].name == "Failures"


def test_each_workspace_has_its_own(workspace: Workspace) -> None:
    lab = Workspace.objects.create(slug="lab", name="Lab")
    make_job(lab, status=JobStatus.RUNNING)

    assert facts(workspace).open == 0
    assert facts(lab).open == 1


def test_counting_stops(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_facts, "MOST_COUNTED", 3)
    for _ in range(4):
        make_job(workspace, status=JobStatus.FAILED)

    assert facts(workspace).needing_a_person == 3
