"""The history's only writer: each act's changes and its events reach the disk together.

The chain is laid out on the page docs/audit.md: digest = SHA-256(canonical text),
hash = SHA-256(previous hash ‖ digest), both as lower-case hex.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from jobs.actors import Actor
from jobs.choices import STATUS_OF_REMOTE_WORD, EventOutcome, JobStatus, Verb
from jobs.models import (
    AuditEvent,
    AuditPersonal,
    Exchange,
    ImportJob,
    User,
    Workspace,
)
from jobs.services import audit_appending, turns
from jobs.services.audit_appending import GENESIS as GENESIS

SCHEMA_VERSION = 1
# A half of a character has no UTF-8 form. An answer may hold one, escaped, and so do we.
LONE_SURROGATE = re.compile("[\ud800-\udfff]")

# How what an event tells of came out. A change of status says so itself, see _outcome.
OUTCOMES = {
    Verb.ATTEMPT_CONFIRMED: EventOutcome.SUCCEEDED,
    Verb.ATTEMPT_ADOPTED: EventOutcome.SUCCEEDED,
    Verb.ATTEMPT_PICKED: EventOutcome.SUCCEEDED,
    Verb.ATTEMPT_REJECTED: EventOutcome.REFUSED,
    Verb.ATTEMPT_NOT_SENT: EventOutcome.FAILED,
    Verb.ATTEMPT_UNKNOWN: EventOutcome.UNKNOWN,
    Verb.ATTEMPT_CONFLICT: EventOutcome.UNKNOWN,
    Verb.ATTEMPT_ABSENT: EventOutcome.FAILED,
    Verb.ATTEMPT_DISMISSED: EventOutcome.FAILED,
    Verb.JOB_GAVE_UP: EventOutcome.FAILED,
    Verb.DELETION_DONE: EventOutcome.SUCCEEDED,
    Verb.DELETION_REFUSED: EventOutcome.REFUSED,
    Verb.DELETION_UNKNOWN: EventOutcome.UNKNOWN,
    Verb.SIGN_IN_FAILED: EventOutcome.REFUSED,
    Verb.HISTORY_VERIFIED: EventOutcome.SUCCEEDED,
    Verb.HISTORY_FOUND_BAD: EventOutcome.FAILED,
}
OUTCOMES_OF_STATUS = {
    JobStatus.SUCCEEDED: EventOutcome.SUCCEEDED,
    JobStatus.FAILED: EventOutcome.FAILED,
}
# What stands in the text of an event that ties an attempt to a job which had ended already.
ENDS_WHEN_TIED = {
    f'"status":"{word}"': OUTCOMES_OF_STATUS[status]
    for word, status in STATUS_OF_REMOTE_WORD.items()
    if status in OUTCOMES_OF_STATUS
}
# What became of an import is said by one of these, or by the event that ties it to a job which had
# ended already. An unanswered create is said too, and its end by itself.
ENDS_OF_IMPORTS = (
    Verb.JOB_STATUS_CHANGED,
    Verb.JOB_GAVE_UP,
    Verb.ATTEMPT_REJECTED,
    Verb.ATTEMPT_UNKNOWN,
    Verb.ATTEMPT_ABSENT,
    Verb.ATTEMPT_DISMISSED,
)

Personal = Mapping[str, tuple[str, int | None]]


@dataclass
class _Pending:
    verb: Verb
    subject: Model | None
    workspace_id: int | None
    data: Mapping[str, Any]
    personal: Personal
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def job_id(self) -> int | None:
        return self.subject.pk if isinstance(self.subject, ImportJob) else None


@dataclass
class Act:
    """Collects the events of one act; they are appended last, just before the commit."""

    actor: Actor
    _pending: list[_Pending] = field(default_factory=list)
    _exchanges: list[Exchange] = field(default_factory=list)

    def record(
        self,
        verb: Verb,
        subject: Model | None = None,
        *,
        data: Mapping[str, Any] | None = None,
        personal: Personal | None = None,
        workspace_id: int | None = None,
    ) -> None:
        """Note one event. `personal` maps a name to (value, the person's user id): such values
        enter the chain as salted commitments and can be erased later."""
        if workspace_id is None and isinstance(subject, ImportJob):
            workspace_id = subject.workspace_id
        if workspace_id is None and isinstance(subject, Workspace):
            workspace_id = subject.pk
        self._pending.append(_Pending(verb, subject, workspace_id, data or {}, personal or {}))

    def witness(self, exchange: Exchange) -> None:
        """Bind a kept exchange to the chain: its digests enter the act's first event about the
        same job, or an event of their own if there is none."""
        self._exchanges.append(exchange)

    def append(self) -> list[AuditEvent]:
        """Write the events noted so far and return them. `act` does this at the act's end; an
        act that needs its events' numbers does it itself, as its last step but one."""
        for exchange in self._exchanges:
            about_it = (p for p in self._pending if p.job_id == exchange.job_id)
            if (first := next(about_it, None)) is None:
                self.record(Verb.EXCHANGE_KEPT, exchange.job, data={"call": exchange.call})
                first = self._pending[-1]
            first.exchanges.append(exchange)
        if not self._pending:
            return []
        drafts = [_Draft(pending, self.actor) for pending in self._pending]
        self._pending, self._exchanges = [], []
        # Locked as late as can be: every writer of the installation queues here.
        seq, hash_ = audit_appending.locked_head()
        at = timezone.now().astimezone(UTC)
        events: list[AuditEvent] = []
        for draft in drafts:
            event = draft.event(seq + 1, hash_, at)
            seq, hash_ = event.seq, event.hash
            events.append(event)
        audit_appending.write(events, [value for draft in drafts for value in draft.values])
        return events


@contextmanager
def act(actor: Actor) -> Iterator[Act]:
    """Run one act in one durable transaction: its changes and its events, or neither.

    Raises RuntimeError when nested in another transaction, because what is promised to be on
    disk would not be.
    """
    with turns.turn(), transaction.atomic(durable=True):
        current = Act(actor)
        yield current
        current.append()


def canonical_text(content: Mapping[str, Any]) -> str:
    """The one way to write an event as text: sorted keys, no spaces, UTF-8, no floats."""
    _refuse_floats(content)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return LONE_SURROGATE.sub(lambda half: f"\\u{ord(half.group()):04x}", text)


def digest_of(text: str) -> str:
    """SHA-256 of a text's UTF-8 form."""
    return hashlib.sha256(text.encode()).hexdigest()


def chain_hash(previous_hash: str, digest: str) -> str:
    """SHA-256 over the two hex texts, one after the other."""
    return digest_of(previous_hash + digest)


def commitment(salt: str, value: str) -> str:
    """What stands in an event for a personal value."""
    return hashlib.sha256((salt + value).encode("utf-8", "surrogatepass")).hexdigest()


def utc_text(at: datetime) -> str:
    """A time as the chain writes it: 2026-01-31T08:00:00.000000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def exchange_facts(exchange: Exchange) -> dict[str, Any]:
    """All that is kept of an exchange, its bodies by their digests; what `digest` stands for."""
    return {
        "id": exchange.pk,
        "call": exchange.call,
        "outcome": exchange.outcome,
        "reason": exchange.reason,
        "host": exchange.host,
        "key_fingerprint": exchange.key_fingerprint,
        "method": exchange.method,
        "path": exchange.path,
        "request": digest_of(exchange.request_body),
        "status_code": exchange.status_code,
        "response_headers": exchange.response_headers,
        "response": digest_of(exchange.response_body),
        "response_bytes": exchange.response_bytes,
        "response_truncated": exchange.response_truncated,
        "request_id": exchange.request_id,
        "started_at": utc_text(exchange.started_at),
        "finished_at": utc_text(exchange.finished_at),
        "duration_ms": exchange.duration_ms,
    }


class _Draft:
    """An event but for its number, time and hashes, which only the locked head can give."""

    def __init__(self, pending: _Pending, actor: Actor) -> None:
        self.values = [
            AuditPersonal(field=name, user_id=user_id, salt=secrets.token_hex(16), value=value)
            for name, (value, user_id) in _personal(pending, actor).items()
        ]
        # What the table's columns repeat comes first in the text, so that checking them against
        # it takes one comparison (chain.py).
        self._about: dict[str, Any] = {
            "v": SCHEMA_VERSION,
            "verb": str(pending.verb),
            "outcome": _outcome(pending),
            "act": actor.act_id,
            "kind": str(actor.kind),
            "user": actor.user_id,
            "token": actor.token_id,
            "workspace": pending.workspace_id,
            "job": pending.job_id,
        }
        self._content = {
            # A person's name is personal; a worker's or the command line's is not.
            "actor": "" if actor.user_id is not None else actor.label,
            "subject": _subject(pending.subject),
            "data": dict(pending.data),
            "exchanges": [_witnessed(exchange) for exchange in pending.exchanges],
            "personal": {row.field: commitment(row.salt, row.value) for row in self.values},
            # Without it, whoever sees an event's digest alone could try what its text may be.
            "salt": secrets.token_hex(16),
        }

    def event(self, seq: int, previous_hash: str, at: datetime) -> AuditEvent:
        for row in self.values:
            row.event_seq = seq
        about = self._about | {"seq": seq, "at": utc_text(at)}
        text = canonical_text(self._content | {"about": about})
        digest = digest_of(text)
        return AuditEvent(
            seq=seq,
            canonical=text,
            digest=digest,
            previous_hash=previous_hash,
            hash=chain_hash(previous_hash, digest),
            at=at,
            verb=about["verb"],
            outcome=about["outcome"],
            workspace_id=about["workspace"],
            job_id=about["job"],
            actor_kind=about["kind"],
            actor_user_id=about["user"],
            token_id=about["token"],
            act_id=about["act"],
        )


def _personal(pending: _Pending, actor: Actor) -> dict[str, tuple[str, int | None]]:
    personal = dict(pending.personal)
    own = {"address": actor.address, "user_agent": actor.user_agent, "token": actor.token_label}
    if actor.user_id is not None:
        own["actor"] = actor.label
    personal |= {name: (value, actor.user_id) for name, value in own.items() if value}
    return personal


def _outcome(pending: _Pending) -> str:
    if pending.verb == Verb.JOB_STATUS_CHANGED:
        return str(OUTCOMES_OF_STATUS.get(pending.data["new"], ""))
    return str(OUTCOMES.get(pending.verb, ""))


def _subject(subject: Model | None) -> dict[str, Any] | None:
    if subject is None:
        return None
    # A person's name is personal data: their events carry it among the personal values.
    label = "" if isinstance(subject, User) else str(subject)
    return {"kind": subject._meta.model_name, "id": subject.pk, "label": label}


def _witnessed(exchange: Exchange) -> dict[str, Any]:
    facts = exchange_facts(exchange)
    digest = digest_of(canonical_text(facts))
    return {key: facts[key] for key in ("id", "request", "response")} | {"digest": digest}


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a float has no single text form; use an integer or a string")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
