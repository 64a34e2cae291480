from typing import Any

import pytest
from django.utils import timezone

from jobs.choices import DutyKind
from jobs.models import Duty, WorkerHeartbeat, Workspace
from jobs.services import workers
from jobs.services.machinery import machinery


def test_it_tells_what_was_last_done_for_each_workspace(workspace: Workspace) -> None:
    Duty.objects.filter(kind=DutyKind.FOLLOW).update(done_at=timezone.now(), calls=3)

    (station,) = machinery([workspace]).stations

    assert station.workspace == workspace
    assert station.followed
    assert station.followed.calls == 3
    assert station.discovered
    assert station.discovered.done_at is None


def test_it_tells_whether_a_running_worker_holds_the_key(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    research = Workspace.objects.create(slug="research", name="R", key_reference="RESEARCH")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-one")
    workers.beat("worker-1")

    found = machinery([workspace, research])

    assert found.workers_alive == 1
    assert [station.has_key for station in found.stations] == [True, False]


def test_nobody_knows_of_keys_while_no_worker_is_alive(
    workspace: Workspace, django_assert_num_queries: Any
) -> None:
    long_ago = timezone.now() - workers.FORGOTTEN_AFTER
    WorkerHeartbeat.objects.create(name="dead", started_at=long_ago, seen_at=long_ago)

    with django_assert_num_queries(2):
        found = machinery([workspace])

    assert found.workers_alive == 0
    assert found.stations[0].has_key is None
