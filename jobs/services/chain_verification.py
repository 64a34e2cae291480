"""Verifying the whole history: at once by the command line, piece by piece by the worker."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, connection
from django.utils import timezone

from jobs import actors
from jobs.actors import Actor
from jobs.choices import Verb
from jobs.models import Verification
from jobs.services import audit, chain, checkpoints, leases
from jobs.services.chain import BadRecord, Position
from jobs.services.checkpoints import Checkpoint

log = logging.getLogger(__name__)

# How long the worker verifies before it looks whether it was told to stop.
PIECE_SECONDS = 0.5
GUARDED_TABLES = ("jobs_auditevent", "jobs_audithead", "jobs_auditpersonal", "jobs_auditcheckpoint")
_GUARDED = {
    "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
        SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'
    """,
}

# The history's page asks for it each time. Written out, because composing it would cost more than
# running it.
_LATEST = "SELECT * FROM jobs_verification ORDER BY id DESC LIMIT 1"

Progress = Callable[[int, int], None]


def verify(outside: Iterable[Checkpoint], progress: Progress) -> tuple[Position, int]:
    """Check everything, and say up to which event and with how many checkpoints it agrees.

    `outside` are checkpoints that left this machine. `progress` is told how many events of how
    many are done. Raises BadRecord at the first bad record.
    """
    head = chain.head()
    for position in chain.walk(head):
        progress(position.seq, head.seq)
    chain.check_ends()
    return head, _check_checkpoints(outside)


def unguarded_tables() -> list[str]:
    """The history's tables on which no trigger stands any more."""
    with connection.cursor() as cursor:
        cursor.execute(_GUARDED[connection.vendor])
        guarded = {table for (table,) in cursor.fetchall()}
    return [table for table in GUARDED_TABLES if table not in guarded]


def request(*, actor: Actor) -> Verification:
    """Have the worker verify the history; one that is under way already serves."""
    under_way = Verification.objects.filter(finished_at=None).first()
    return under_way or _begin(actor.user_id)


def latest() -> Verification | None:
    """The newest verification, finished or under way."""
    return next(iter(Verification.objects.raw(_LATEST)), None)


def verify_next(worker: str) -> bool:
    """Verify a piece of the history, if one is asked for or due; False if not."""
    verification = leases.claim(Verification.objects.filter(finished_at=None), worker)
    if verification is None:
        return _begin_if_due()
    try:
        if _advance(verification):
            _finish(verification, worker, None)
    except BadRecord as bad:
        _finish(verification, worker, bad)
    return True


def _begin(user_id: int | None) -> Verification:
    head = chain.head()
    return Verification.objects.create(
        requested_by_id=user_id,
        started_at=timezone.now(),
        up_to=head.seq,
        up_to_hash=head.hash,
        position_hash=audit.GENESIS,
    )


def _begin_if_due() -> bool:
    interval = settings.AUDIT_VERIFY_SECONDS
    last = latest()
    if not interval or (last and timezone.now() - last.started_at < timedelta(seconds=interval)):
        return False
    if chain.head().seq == 0:
        return False
    _begin(None)
    return True


def _advance(verification: Verification) -> bool:
    """Go on for PIECE_SECONDS; True when all is checked. Raises BadRecord."""
    until = time.monotonic() + PIECE_SECONDS
    up_to = Position(verification.up_to, verification.up_to_hash)
    position = Position(verification.position, verification.position_hash)
    if verification.exchanges_position < position.seq:
        # The release before checked exchanges in a second walk, and may have begun this one.
        position = Position()
    for reached in chain.walk(up_to, position):
        position = reached
        if time.monotonic() > until:
            break
    if position.seq == up_to.seq:
        chain.check_ends()
        _check_checkpoints(checkpoints.sent_to_file())
        return True
    leases.write_back(
        verification,
        position=position.seq,
        position_hash=position.hash,
        exchanges_position=position.seq,
        **leases.RELEASED,
    )
    return False


def _check_checkpoints(outside: Iterable[Checkpoint]) -> int:
    trusted = checkpoints.trusted_keys()
    agreed = checkpoints.check(checkpoints.kept(), trusted)
    return agreed + checkpoints.check(outside, trusted)


def _finish(verification: Verification, worker: str, bad: BadRecord | None) -> None:
    if bad:
        log.error("the history is bad: %s", bad)
    verb = Verb.HISTORY_FOUND_BAD if bad else Verb.HISTORY_VERIFIED
    data = {"up_to": verification.up_to, "hash": verification.up_to_hash}
    if bad:
        data |= {"event": bad.seq, "fault": bad.fault}
    try:
        with audit.act(actors.worker(worker)) as act:
            _end(verification, bad)
            act.record(verb, data=data)
    except IntegrityError:
        # So bad that nothing can be added to it; what was found is kept all the same.
        _end(verification, bad)


def _end(verification: Verification, bad: BadRecord | None) -> None:
    leases.write_back(
        verification,
        finished_at=timezone.now(),
        bad_seq=bad.seq if bad else None,
        fault=bad.fault if bad else "",
        **leases.RELEASED,
    )
