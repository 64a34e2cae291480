"""Outcomes: what came of an attempt is written whole, once, and acted on soon."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from jobs.choices import AttemptState, DutyKind, Verb
from jobs.models import Attempt, AuditEvent, Duty, ImportJob, Workspace
from jobs.services import sending, settling
from jobs.simulator import Simulator
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
