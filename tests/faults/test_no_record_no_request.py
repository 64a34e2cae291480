"""No record, no request: what cannot be written down is not sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection

from jobs import actors
from jobs.models import Attempt, ImportJob, Workspace
from jobs.services import sending, submission
from jobs.simulator import Simulator
from tests.statements import writes

INTENTS = 30


@contextmanager
def read_only() -> Iterator[None]:
    """The database itself refuses every write of this process."""
    on, off = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        ),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(on)
    yield
    with connection.cursor() as cursor:
        cursor.execute(off)


@contextmanager
def full() -> Iterator[None]:
    """Every row that is written finds no room."""

    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if writes(sql):
            raise DatabaseError("database or disk is full")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("refusal", "submissions"), [(read_only, 1_000), (full, 100)])
def test_a_thousand_submissions_that_cannot_be_written_lead_to_no_call(
    simulator: Simulator, workspace: Workspace, refusal: Any, submissions: int
) -> None:
    refused = 0

    with refusal():
        for number in range(submissions):
            with pytest.raises(DatabaseError):
                submission.submit(workspace, fields(number), actor=actors.command_line())
            refused += 1
        assert not sending.send_next("worker-1")

    assert not sending.send_next("worker-1")
    assert (refused, ImportJob.objects.count(), Attempt.objects.count()) == (submissions, 0, 0)
    assert simulator.requests() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refusal", [read_only, full])
def test_intents_whose_sending_cannot_be_written_wait_and_are_sent_once(
    simulator: Simulator, workspace: Workspace, refusal: Any
) -> None:
    for number in range(INTENTS):
        submission.submit(workspace, fields(number), actor=actors.command_line())

    with refusal():
        for _ in range(INTENTS):
            with pytest.raises(DatabaseError):
                sending.send_next("worker-1")
    assert simulator.requests() == []
    while sending.send_next("worker-1"):
        pass

    assert len(simulator.requests(call="create")) == INTENTS
    assert ImportJob.objects.exclude(remote_job_id="").count() == INTENTS


def fields(number: int) -> dict[str, str]:
    return {
        "base_model": "qwen3-32b",
        "display_name": f"Support tone {number}",
        "bucket_name": "acme-models",
        "object_key": f"models/support-tone-{number}/",
        "weight_type": "lora",
    }
