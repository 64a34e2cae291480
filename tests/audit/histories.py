"""A small history that has a bit of everything, and the ways to falsify one."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection

from jobs import actors
from jobs.actors import Actor
from jobs.choices import ActorKind, JobStatus, Role, Verb
from jobs.models import AuditEvent, ImportJob, User, Workspace
from jobs.services import audit, members
from tests.making import make_exchange, make_job, make_person

ADDRESS, AGENT = "203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64)"


def acting(person: User, *, token: str = "") -> Actor:
    """The person at a browser, or with a token."""
    return Actor(
        kind=ActorKind.TOKEN if token else ActorKind.PERSON,
        label=person.label,
        user_id=person.pk,
        token_id=4 if token else None,
        token_label=token,
        address=ADDRESS,
        user_agent=AGENT,
    )


def admit(username: str, role: Role, workspace: Workspace, **fields: str) -> User:
    """Someone who was given the role as in earnest: by an act, which is in the history."""
    person = make_person(username, **fields)
    members.add(workspace, person, role, actor=actors.command_line())
    return person


def make_history(workspace: Workspace, person: User) -> ImportJob:
    """One job's life in six events, two of them by the person: one with a token."""
    job = make_job(workspace, by=person, display_name="Ton & “Ärger” 客服\n= \\ {1}")
    with audit.act(acting(person)) as act:
        act.record(Verb.JOB_SUBMITTED, job, data={"payload": '{"a":"b"}', "resubmission_of": None})
        act.record(Verb.GUARD_OVERRIDDEN, job, data={"earlier_job": 1, "reason": "new weights"})
    with audit.act(actors.worker('desk:1:"quoted"')) as act:
        act.witness(make_exchange(job))
        act.record(Verb.ATTEMPT_CONFIRMED, job, data={"attempt": 1, "request_id": "req-1"})
    with audit.act(actors.worker("desk:1")) as act:
        act.record(
            Verb.JOB_STATUS_CHANGED, job, data={"old": JobStatus.RUNNING, "new": JobStatus.FAILED}
        )
        act.witness(make_exchange(make_job(workspace), call="get"))
    with audit.act(acting(person, token="Laptop")) as act:
        act.record(Verb.DELETION_REQUESTED, job, data={"deletion": 1, "reason": "so"})
    return job


def write_anew(changed: Mapping[int, Mapping[str, Any]]) -> None:
    """Give the events other texts, and compute every digest, hash and the head as if those had
    always stood there: what an owner of the database can do. Use it with triggers lifted."""
    previous = audit.GENESIS
    with connection.cursor() as cursor:
        for event in AuditEvent.objects.order_by("seq"):
            content = json.loads(event.canonical)
            text = audit.canonical_text(content | changed.get(event.seq, {}))
            digest = hashlib.sha256(text.encode()).hexdigest()
            hash_ = hashlib.sha256((previous + digest).encode()).hexdigest()
            cursor.execute(
                "UPDATE jobs_auditevent SET canonical = %s, digest = %s, previous_hash = %s, "
                "hash = %s WHERE seq = %s",
                [text, digest, previous, hash_, event.seq],
            )
            previous = hash_
        cursor.execute("UPDATE jobs_audithead SET hash = %s", [previous])


def run(*statements: str) -> None:
    """Run raw SQL."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def texts() -> Iterator[dict[str, Any]]:
    """Every event's text, read."""
    for text in AuditEvent.objects.order_by("seq").values_list("canonical", flat=True):
        yield json.loads(text)
