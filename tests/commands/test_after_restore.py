"""`manage.py after_restore`: nothing is sent twice because its record was lost."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client

from jobs.choices import AttemptState, Verb
from jobs.models import Attempt, AuditEvent, User, Workspace
from jobs.services import chain
from jobs.simulator import Simulator
from tests.rehearsing import backup, path, restore, submit

rehearsed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _postgresql_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", path())


@rehearsed
def test_a_restored_backup_verifies_and_sends_nothing_twice(
    bob: User, workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    job = submit(bob, workspace)
    file, _told = backup(tmp_path)
    call_command("run_worker", "--once", stdout=StringIO())
    ((remote, _status),) = simulator.jobs()

    restore(file)
    waiting = Attempt.objects.get(job=job)
    call_command("verify_audit", stdout=StringIO())
    call_command("after_restore", stdout=StringIO())
    call_command("run_worker", "--once", stdout=StringIO())

    assert waiting.state == AttemptState.INTENDED
    assert [made.job_id for made, _status in simulator.jobs()] == [remote.job_id]
    job.refresh_from_db()
    assert job.remote_job_id == remote.job_id
    call_command("verify_audit", stdout=StringIO())


@rehearsed
def test_after_a_restore_everyone_signs_in_again_and_the_history_says_why(
    bob: User, workspace: Workspace, client_of: Callable[[User], Client]
) -> None:
    client = client_of(bob)
    before = chain.head()
    told = StringIO()

    call_command("after_restore", stdout=told)

    assert told.getvalue().startswith("0 imports that waited")
    assert client.get("/jobs/").status_code == 302
    assert not Session.objects.exists()
    event = AuditEvent.objects.get(verb=Verb.HISTORY_RESTORED)
    assert f'"up_to":{before.seq}' in event.canonical
