"""The history's only writer: each act's changes and its events reach the disk together.

The chain is laid out on the page docs/audit.md: digest = SHA-256(canonical text),
hash = SHA-256(previous hash ‖ digest), both as lower-case hex.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.actors import Actor
from jobs.choices import Verb
from jobs.models import AuditEvent, AuditHead, AuditPersonal, ImportJob, User, Workspace

SCHEMA_VERSION = 1
GENESIS = "0" * 64

Subject = ImportJob | Workspace | User


@dataclass
class _Pending:
    verb: Verb
    subject: Subject | None
    workspace_id: int | None
    data: Mapping[str, Any]
    personal: Mapping[str, tuple[str, int | None]]


@dataclass
class Act:
    """Collects the events of one act; they are appended last, just before the commit."""

    actor: Actor
    _pending: list[_Pending] = field(default_factory=list)

    def record(
        self,
        verb: Verb,
        subject: Subject | None = None,
        *,
        data: Mapping[str, Any] | None = None,
        personal: Mapping[str, tuple[str, int | None]] | None = None,
        workspace_id: int | None = None,
    ) -> None:
        """Note one event. `personal` maps a name to (value, the person's user id): such values
        enter the chain as salted commitments and can be erased later."""
        if workspace_id is None and isinstance(subject, ImportJob):
            workspace_id = subject.workspace_id
        if workspace_id is None and isinstance(subject, Workspace):
            workspace_id = subject.pk
        self._pending.append(_Pending(verb, subject, workspace_id, data or {}, personal or {}))

    def _append(self) -> None:
        if not self._pending:
            return
        # Locked as late as can be: every writer of the installation queues here.
        head = _locked_head()
        at = timezone.now().astimezone(UTC)
        events: list[AuditEvent] = []
        values: list[AuditPersonal] = []
        for pending in self._pending:
            event, personal = _build(pending, self.actor, at, head.seq + 1, head.hash)
            events.append(event)
            values.extend(personal)
            head.seq, head.hash = event.seq, event.hash
        AuditPersonal.objects.bulk_create(values)
        AuditEvent.objects.bulk_create(events)
        head.save(force_update=True)


@contextmanager
def act(actor: Actor) -> Iterator[Act]:
    """Run one act in one durable transaction: its changes and its events, or neither.

    Raises RuntimeError when nested in another transaction, because what is promised to be on
    disk would not be.
    """
    with transaction.atomic(durable=True):
        current = Act(actor)
        yield current
        current._append()


def canonical_text(content: Mapping[str, Any]) -> str:
    """The one way to write an event as text: sorted keys, no spaces, UTF-8, no floats."""
    _refuse_floats(content)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chain_hash(previous_hash: str, digest: str) -> str:
    """SHA-256 over the two hex texts, one after the other."""
    return hashlib.sha256((previous_hash + digest).encode()).hexdigest()


def commitment(salt: str, value: str) -> str:
    """What stands in an event for a personal value."""
    return hashlib.sha256((salt + value).encode()).hexdigest()


def utc_text(at: datetime) -> str:
    """A time as the chain writes it: 2026-01-31T08:00:00.000000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _locked_head() -> AuditHead:
    locked = AuditHead.objects.select_for_update()
    head = locked.filter(pk=1).first()
    if head is None:
        # The first event of all; a second first writer waits here for this one's commit.
        AuditHead.objects.bulk_create([AuditHead(pk=1, seq=0, hash=GENESIS)], ignore_conflicts=True)
        head = locked.get(pk=1)
    return head


def _build(
    pending: _Pending, actor: Actor, at: datetime, seq: int, previous_hash: str
) -> tuple[AuditEvent, list[AuditPersonal]]:
    personal: dict[str, tuple[str, int | None]] = dict(pending.personal)
    if actor.user_id is not None:
        personal["actor"] = (actor.label, actor.user_id)
    for name, value in (("address", actor.address), ("user_agent", actor.user_agent)):
        if value:
            personal[name] = (value, actor.user_id)
    rows = [
        AuditPersonal(
            event_seq=seq, field=name, user_id=user_id, salt=secrets.token_hex(16), value=value
        )
        for name, (value, user_id) in personal.items()
    ]
    subject = pending.subject
    is_job = isinstance(subject, ImportJob)
    content = {
        "v": SCHEMA_VERSION,
        "seq": seq,
        "at": utc_text(at),
        "verb": str(pending.verb),
        "act": actor.act_id,
        "actor": {
            "kind": actor.kind,
            "user": actor.user_id,
            # A person's name is personal; a worker's or the command line's is not.
            "label": "" if actor.user_id is not None else actor.label,
            "token": actor.token_id,
            "token_label": actor.token_label,
        },
        "workspace": pending.workspace_id,
        "subject": _subject(subject),
        "data": dict(pending.data),
        "personal": {row.field: commitment(row.salt, row.value) for row in rows},
    }
    text = canonical_text(content)
    digest = hashlib.sha256(text.encode()).hexdigest()
    event = AuditEvent(
        seq=seq,
        canonical=text,
        digest=digest,
        previous_hash=previous_hash,
        hash=chain_hash(previous_hash, digest),
        at=at,
        verb=pending.verb,
        workspace_id=pending.workspace_id,
        job_id=subject.pk if is_job and subject else None,
        actor_kind=actor.kind,
        actor_user_id=actor.user_id,
        token_id=actor.token_id,
        act_id=actor.act_id,
    )
    return event, rows


def _subject(subject: Subject | None) -> dict[str, Any] | None:
    if subject is None:
        return None
    # A person's name is personal data: their events carry it among the personal values.
    label = "" if isinstance(subject, User) else str(subject)
    return {"kind": subject._meta.model_name, "id": subject.pk, "label": label}


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a float has no single text form; use an integer or a string")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
