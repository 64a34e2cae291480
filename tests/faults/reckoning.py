"""What became of every submission, by DashScope's own ledger, and what must hold of it."""

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from jobs.choices import TYING_VERBS, AttemptState, Call, JobStatus, Origin, Verb
from jobs.models import Attempt, AuditEvent, AuditHead, Exchange, ImportJob
from tests.faults.desk import Desk, Received, Submitted
from tests.faults.environment import API_KEY

UNENDED = (AttemptState.INTENDED, AttemptState.SENDING, AttemptState.UNKNOWN)
NOTHING_MADE = (AttemptState.REJECTED, AttemptState.ABSENT, AttemptState.NOT_SENT)
# The one event that each state of an attempt must have, and no other state may have.
EVENT_OF_STATE = {
    AttemptState.REJECTED: {Verb.ATTEMPT_REJECTED},
    AttemptState.NOT_SENT: {Verb.ATTEMPT_NOT_SENT, Verb.JOB_GAVE_UP},
    AttemptState.ABSENT: {Verb.ATTEMPT_ABSENT, Verb.ATTEMPT_DISMISSED},
    AttemptState.CONFIRMED: set(TYING_VERBS),
    AttemptState.CONFLICT: {Verb.ATTEMPT_CONFLICT},
}
ENDINGS = set().union(*EVENT_OF_STATE.values()) - {Verb.ATTEMPT_CONFLICT, Verb.JOB_GAVE_UP}


@dataclass
class Reckoning:
    """The counts of one scenario, and every breach of what was promised."""

    submissions: int = 0
    most_creates: int = 0
    confirmed: int = 0
    rejected: int = 0
    absent: int = 0
    put_to_a_person: int = 0
    lost: int = 0
    wrong_record: int = 0
    breaches: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The counts and the breaches, for the process that prints the table."""
        return asdict(self)


def reckon(desk: Desk) -> Reckoning:
    """Count, once everything has stopped."""
    result = Reckoning(submissions=len(desk.submitted))
    by_name: dict[str, list[Submitted]] = {}
    for submitted in desk.submitted:
        by_name.setdefault(submitted.display_name, []).append(submitted)
    for name, group in by_name.items():
        _count(result, name, group, desk.received)
    for name in desk.received.creates.keys() - by_name.keys():
        result.breaches.append(f"a create for {name!r}, which nobody submitted")
    _check_discovered(result, desk.received)
    _check_chain(result)
    for job in ImportJob.objects.filter(origin=Origin.DESK):
        _check_history(result, job)
    _check_secrets(result, desk.directory)
    return result


def _count(result: Reckoning, name: str, group: list[Submitted], received: Received) -> None:
    accepted = received.accepted(name)
    creates = len(received.creates.get(name, []))
    # Of equal submissions nobody can tell whose create one is; more than they are is too many.
    result.most_creates = max(result.most_creates, -(-creates // len(group)))
    if creates > len(group):
        result.breaches.append(f"{creates} creates for {len(group)} submission(s) of {name!r}")
    owned: set[str] = set()
    offered: set[str] = set()
    for submitted in group:
        job = ImportJob.objects.filter(pk=submitted.job_id).first()
        if job is None:
            result.lost += 1
            result.breaches.append(f"{name!r} has no record")
            continue
        attempt = job.attempts.order_by("-number").first()
        state = attempt.state if attempt else ""
        if job.remote_job_id:
            owned.add(job.remote_job_id)
            result.confirmed += 1
            if job.remote_job_id not in _own(submitted, group, received):
                result.wrong_record += 1
                result.breaches.append(f"{name!r} was given {job.remote_job_id}, not its own")
        elif attempt and state == AttemptState.CONFLICT:
            result.put_to_a_person += 1
            offered.update(row["job_id"] for row in attempt.candidates)
        elif state == AttemptState.REJECTED:
            result.rejected += 1
        elif state in NOTHING_MADE:
            result.absent += 1
        else:
            result.lost += 1
            result.breaches.append(f"{name!r} never ended: {attempt}")
    for remote_job_id in accepted:
        if remote_job_id not in owned | offered:
            result.lost += 1
            result.breaches.append(f"{name!r}: {remote_job_id} exists, and no record owns it")


def _own(submitted: Submitted, group: list[Submitted], received: Received) -> list[str]:
    """The jobs that the submission's own creates made. Equal submissions are told apart by the
    order of their calls, one after the other."""
    name = submitted.display_name
    if len(group) == 1:
        return received.accepted(name)
    calls = Attempt.objects.filter(
        job__in=[member.job_id for member in group], sent_at__isnull=False
    ).order_by("sent_at")
    made = zip(calls, received.creates[name], strict=False)
    return [job_id for call, job_id in made if call.job_id == submitted.job_id and job_id]


def _check_discovered(result: Reckoning, received: Received) -> None:
    ours = {job_id for name in received.creates for job_id in received.accepted(name)}
    for job in ImportJob.objects.filter(origin=Origin.DISCOVERED, remote_job_id__in=ours):
        result.breaches.append(f"{job.remote_job_id} was taken for foreign and is ours")


def _check_chain(result: Reckoning) -> None:
    """Computed anew from the stored texts, by nothing but hashlib."""
    previous, seq = "0" * 64, 0
    for event in AuditEvent.objects.order_by("seq"):
        seq += 1
        digest = hashlib.sha256(event.canonical.encode()).hexdigest()
        expected = hashlib.sha256((previous + digest).encode()).hexdigest()
        named = json.loads(event.canonical)
        if (event.seq, event.digest, event.previous_hash, event.hash, named["about"]["seq"]) != (
            seq,
            digest,
            previous,
            expected,
            seq,
        ):
            result.breaches.append(f"the chain breaks at event {event.seq}")
            return
        previous = expected
    head = AuditHead.objects.first()
    if (head.seq, head.hash) != (seq, previous) if head else seq:
        result.breaches.append("the head is not the chain's end")


def _check_history(result: Reckoning, job: ImportJob) -> None:
    events = [
        (event.verb, json.loads(event.canonical)["data"])
        for event in AuditEvent.objects.filter(job_id=job.pk).order_by("seq")
    ]

    def breach(text: str) -> None:
        result.breaches.append(f"job {job.pk} ({job.status}): {text}")

    if [verb for verb, _ in events[:1]] not in ([Verb.JOB_SUBMITTED], [Verb.JOB_RESUBMITTED]):
        breach("its history does not begin with the submission")
    for attempt in job.attempts.all():
        own = Counter(verb for verb, data in events if data.get("attempt") == attempt.number)
        _check_attempt(attempt, own, breach)
    confirmed = [data["status"] for verb, data in events if verb in TYING_VERBS]
    steps = [data for verb, data in events if verb == Verb.JOB_STATUS_CHANGED]
    # The event of a find has the word as it came, the record and the later events cut.
    words = [word[:80] for word in (*confirmed, *(step["new_word"] for step in steps))]
    if any(old != step["old_word"] for old, step in zip(words, steps, strict=False)):
        breach(f"its steps do not join: {words}")
    if words and job.remote_status != words[-1]:
        breach(f"it stands at {job.remote_status}, its history at {words[-1]}")


def _check_attempt(attempt: Attempt, own: Counter[str], breach: Any) -> None:
    state = AttemptState(attempt.state)
    sent = attempt.sent_at is not None
    if own[Verb.ATTEMPT_SENDING] != sent:
        breach(f"{attempt}: {own[Verb.ATTEMPT_SENDING]} events of sending")
    was_unknown = attempt.settle_until is not None
    if own[Verb.ATTEMPT_UNKNOWN] != was_unknown:
        breach(f"{attempt}: {own[Verb.ATTEMPT_UNKNOWN]} events of an unknown outcome")
    if own[Verb.ATTEMPT_ANSWERED_LATE] and not was_unknown:
        breach(f"{attempt}: a late answer, though its outcome was never unknown")
    ended = Counter({verb: own[verb] for verb in ENDINGS if own[verb]})
    wanted = EVENT_OF_STATE.get(state, set())
    if state in UNENDED and ended:
        breach(f"{attempt}: open, and yet {dict(ended)}")
    if wanted and sum(own[verb] for verb in wanted & set(own)) != 1:
        breach(f"{attempt}: events {dict(own)}")
    if ended.keys() - wanted:
        breach(f"{attempt}: events of another end: {dict(ended)}")
    calls = Exchange.objects.filter(attempt=attempt, call=Call.CREATE).count()
    if calls > 1 or (calls and not sent):
        breach(f"{attempt}: {calls} calls kept")
    by_answer = attempt.confirmed_by == "answer" or state == AttemptState.REJECTED
    if by_answer and calls != 1:
        breach(f"{attempt}: settled by an answer that was not kept")
    if attempt.job.status == JobStatus.NOT_CREATED and state not in NOTHING_MADE:
        breach(f"{attempt}: not created, and yet {state}")


def _check_secrets(result: Reckoning, directory: Path) -> None:
    for path in directory.rglob("*"):
        if path.is_file() and API_KEY.encode() in path.read_bytes():
            result.breaches.append(f"the API key stands in {path.name}")
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{API_KEY}%"]
            )
            if cursor.fetchone() != (0,):
                result.breaches.append(f"the API key stands in {table}")
