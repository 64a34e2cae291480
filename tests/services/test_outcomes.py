"""Outcomes: what came of an attempt is written whole, once, and acted on soon."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from jobs.choices import AttemptState, DutyKind, JobStatus, Verb
from jobs.models import Attempt, AuditEvent, Duty, ImportJob, Workspace
from jobs.services import sending, settling
from jobs.simulator import SIMULATOR_KEY, Simulator
from tests.dashscope.raw_server import Behaviour, RawServer, answer, close_without_answer
from tests.services.conftest import WORKER

Submit = Callable[..., ImportJob]


def test_an_unanswered_create_is_looked_for_at_once_however_idle_the_settler_was(
    submit: Submit, simulator: Simulator, workspace: Workspace
) -> None:
    Duty.objects.filter(workspace=workspace, kind=DutyKind.SETTLE).update(
        due_at=timezone.now() + timedelta(seconds=30)
    )
    simulator.fault("close", call="create", accepted=True)
    submit()
    sending.send_next(WORKER)

    walked = settling.settle_next(WORKER)

    assert walked
    assert Attempt.objects.get().state == AttemptState.CONFIRMED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["jobs_workspace", "jobs_exchange"])
def test_an_error_behind_the_commit_makes_no_second_answer_of_the_first(
    submit: Submit, simulator: Simulator, table: str
) -> None:
    """The workspace's row is written after the outcome; and a commit may reach the disk while
    its acknowledgement gets lost."""
    job = submit()
    errors = [OperationalError("the connection was lost")]

    def fail() -> None:
        if errors:
            raise errors.pop()

    def lose(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "jobs_workspace"') and table == "jobs_workspace":
            fail()
        if sql.startswith('INSERT INTO "jobs_exchange"') and table == "jobs_exchange":
            transaction.on_commit(fail)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(lose), suppress(OperationalError):
        sending.send_next(WORKER)

    attempt = job.attempts.get()
    assert not errors
    assert attempt.state == AttemptState.CONFIRMED
    assert attempt.exchanges.count() == 1
    assert not AuditEvent.objects.filter(verb=Verb.ATTEMPT_ANSWERED_LATE).exists()


def reply_with(output: dict[str, Any]) -> Behaviour:
    return answer(json.dumps({"request_id": "req-1", "output": output}).encode())


def test_a_job_that_is_confirmed_without_a_status_is_followed_on(
    submit: Submit, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    monkeypatch.setenv("DASHSCOPE_API_KEY", SIMULATOR_KEY)

    with RawServer(reply_with({"job_id": "import-1"})) as server:
        settings.DASHSCOPE_BASE_URL = server.base_url
        sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.remote_job_id) == (JobStatus.OTHER, "import-1")
    assert ImportJob.objects.followed().get() == job


def test_a_job_that_is_adopted_without_a_status_is_followed_on(
    submit: Submit, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    monkeypatch.setenv("DASHSCOPE_API_KEY", SIMULATOR_KEY)
    row = {
        "job_id": "import-1",
        "model_name": "qwen3-32b-offline-1",
        "display_name": job.display_name,
        "storage_info": {"bucket_name": job.bucket_name, "object_key": job.object_key},
        "gmt_create": timezone.now().isoformat(),
    }
    page = {"total": 1, "page_no": 1, "page_size": 100, "list": [row]}

    with RawServer(close_without_answer, reply_with(page)) as server:
        settings.DASHSCOPE_BASE_URL = server.base_url
        sending.send_next(WORKER)
        settling.settle_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.remote_job_id) == (JobStatus.OTHER, "import-1")
    assert ImportJob.objects.followed().get() == job


def test_texts_longer_than_any_that_dashscope_was_seen_to_send_are_cut_and_not_refused(
    submit: Submit, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    monkeypatch.setenv("DASHSCOPE_API_KEY", SIMULATOR_KEY)
    long = {"job_id": "import-1", "status": "P" * 400, "model_name": "m" * 400}

    with RawServer(reply_with(long | {"gmt_create": "2" * 400})) as server:
        settings.DASHSCOPE_BASE_URL = server.base_url
        sending.send_next(WORKER)

    job.refresh_from_db()
    assert job.remote_job_id == "import-1"
    lengths = {
        name: len(getattr(job, name))
        for name in ("generated_model_name", "gmt_create", "remote_status")
    }
    assert lengths == {name: ImportJob._meta.get_field(name).max_length for name in lengths}
