"""Neither Django nor raw SQL changes the history, and all who write make one chain."""

import importlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from jobs import actors
from jobs.choices import Verb
from jobs.models import (
    AuditCheckpoint,
    AuditEvent,
    AuditHead,
    AuditPersonal,
    ImportJob,
    User,
    Workspace,
)
from jobs.services import audit
from tests.audit.lifting import triggers
from tests.making import make_job

WRITERS = 50
append_only = importlib.import_module("jobs.migrations.0004_audit_append_only")

CHANGES = {
    "update": "UPDATE jobs_auditevent SET verb = 'job.gone' WHERE seq = 1",
    "update to the same": "UPDATE jobs_auditevent SET seq = seq",
    "delete": "DELETE FROM jobs_auditevent WHERE seq = 1",
    "delete the last": "DELETE FROM jobs_auditevent WHERE seq = (SELECT seq FROM jobs_audithead)",
    "move the head back": "UPDATE jobs_audithead SET seq = seq - 1",
    "keep the head's number": "UPDATE jobs_audithead SET hash = 'other'",
    "delete the head": "DELETE FROM jobs_audithead",
    "change a personal value": "UPDATE jobs_auditpersonal SET value = 'Mallory'",
    "change a checkpoint": "UPDATE jobs_auditcheckpoint SET hash = 'other'",
    "delete a checkpoint": "DELETE FROM jobs_auditcheckpoint",
}
COPY = (
    "INTO jobs_auditevent SELECT {seq}, canonical, digest, {previous}, hash, at, verb, "
    "workspace_id, job_id, actor_kind, actor_user_id, token_id, act_id, outcome "
    "FROM jobs_auditevent WHERE seq = 1"
)
REPLACED = {
    "the same number": COPY.format(seq="1", previous="previous_hash"),
    "a new number, an old link": COPY.format(seq="999999", previous="previous_hash"),
    "the next number, an old link": COPY.format(
        seq="(SELECT max(seq) + 1 FROM jobs_auditevent)", previous="previous_hash"
    ),
    "a gap": COPY.format(seq="999999", previous="'a'"),
}


@pytest.fixture
def _some_history(workspace: Workspace, alice: User) -> None:
    at = AuditEvent.objects.get(seq=1).at
    AuditCheckpoint.objects.create(
        seq=1, hash="1", at=at, text="1", signature="1", public_key="1", due_at=at
    )


@pytest.mark.usefixtures("_some_history")
@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES.keys())
def test_raw_sql_cannot_change_the_history(sql: str) -> None:
    refused = pytest.raises(IntegrityError, match=r"append-only|only moves|stays as it is|never")

    with connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute(sql)


@pytest.mark.usefixtures("_some_history")
def test_django_cannot_change_the_history() -> None:
    event = AuditEvent.objects.get(seq=1)

    for change in (
        lambda: AuditEvent.objects.filter(seq=1).update(verb="job.gone"),
        AuditEvent.objects.all().delete,
        event.delete,
        event.save,
        lambda: AuditPersonal.objects.update(value="Mallory"),
        AuditHead.objects.all().delete,
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.usefixtures("_some_history")
@pytest.mark.parametrize("copy", REPLACED.values(), ids=REPLACED.keys())
def test_no_event_takes_the_place_of_another_or_leaves_a_gap(copy: str) -> None:
    words = ["INSERT"] if connection.vendor == "postgresql" else ["INSERT", "INSERT OR REPLACE"]

    for word in words:
        with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(f"{word} {copy}")


@pytest.mark.usefixtures("_some_history")
@pytest.mark.parametrize("table", ["event", "head", "checkpoint"])
def test_the_history_cannot_be_emptied(table: str) -> None:
    word = "TRUNCATE" if connection.vendor == "postgresql" else "DELETE FROM"

    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute(f"{word} jobs_audit{table}")


@pytest.mark.usefixtures("_some_history")
@pytest.mark.parametrize("table", ["event", "head", "checkpoint"])
def test_a_session_that_leaves_triggers_out_cannot_either(table: str) -> None:
    prepare, change, again = {
        "postgresql": (
            "SET session_replication_role = replica",
            "DELETE FROM {}",
            "SET session_replication_role = DEFAULT",
        ),
        "sqlite": (
            "PRAGMA recursive_triggers = OFF",
            "REPLACE INTO {0} SELECT * FROM {0}",
            "PRAGMA recursive_triggers = ON",
        ),
    }[connection.vendor]

    with connection.cursor() as cursor:
        cursor.execute(prepare)
        try:
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(change.format(f"jobs_audit{table}"))
        finally:
            cursor.execute(again)


@pytest.mark.usefixtures("_some_history")
def test_a_personal_value_may_be_erased() -> None:
    erased, _ = AuditPersonal.objects.all().delete()

    assert erased > 0


@pytest.mark.django_db
def test_the_triggers_stand_after_every_migration() -> None:
    statements = getattr(append_only, connection.vendor.upper())

    assert triggers() == {name for name, _table in append_only._triggers(statements)}


def test_a_change_whose_event_cannot_be_written_does_not_happen(workspace: Workspace) -> None:
    with pytest.raises(TypeError, match="float"):
        _change_and_record(workspace, {"new": 0.5})

    assert not ImportJob.objects.exists()


def test_a_database_that_refuses_the_event_refuses_the_change(workspace: Workspace) -> None:
    # Somebody moved the head on without an event, so that the next one would leave a gap.
    AuditHead.objects.update(seq=F("seq") + 5)

    with pytest.raises(IntegrityError):
        _change_and_record(workspace, {"new": 5})

    assert not ImportJob.objects.exists()


def _change_and_record(workspace: Workspace, data: dict[str, Any]) -> None:
    with audit.act(actors.command_line()) as act:
        make_job(workspace)
        act.record(Verb.WORKSPACE_CHANGED, workspace, data=data)


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_make_one_chain_without_fork_or_gap(transactional_db: None) -> None:
    def write(number: int) -> None:
        try:
            with audit.act(actors.worker(f"writer {number}")) as act:
                act.record(Verb.WORKSPACE_CHANGED, data={"writer": number, "of": 1})
                act.record(Verb.WORKSPACE_CHANGED, data={"writer": number, "of": 2})
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))

    events = list(AuditEvent.objects.order_by("seq"))
    assert [event.seq for event in events] == list(range(1, 2 * WRITERS + 1))
    assert events[0].previous_hash == audit.GENESIS
    assert [e.previous_hash for e in events[1:]] == [e.hash for e in events[:-1]]
    assert AuditHead.objects.values_list("seq", "hash").get() == (events[-1].seq, events[-1].hash)
    # The events of one act stand together.
    assert all(a.act_id == b.act_id for a, b in zip(events[::2], events[1::2], strict=True))
