"""Checking the chain: every event's text, hashes, columns, personal values and exchanges, in
order.

A batch is looked at as a whole; where that does not agree, event by event, which tells what is
wrong. So memory stays flat and a million events take seconds. docs/audit.md says what is checked
and why.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from django.db import connection

from jobs.choices import Fault
from jobs.models import AuditHead
from jobs.services import chain_exchanges, chain_reading
from jobs.services.audit import GENESIS
from jobs.services.chain_exchanges import Told
from jobs.services.chain_reading import BETWEEN, BETWEEN_VALUES, Joined, Stretch

_SOME_EXCHANGE = chain_exchanges.SOME_EXCHANGE.encode()
_BETWEEN, _BETWEEN_VALUES = BETWEEN.encode(), BETWEEN_VALUES.encode()

_OUTSIDE = """
    WITH head AS (SELECT coalesce(max(seq), 0) AS seq FROM jobs_audithead)
    SELECT (SELECT min(seq) FROM jobs_auditevent),
           (SELECT min(seq) FROM jobs_auditevent WHERE seq > (SELECT seq FROM head)),
           (SELECT min(event_seq) FROM jobs_auditpersonal
            WHERE event_seq < 1 OR event_seq > (SELECT seq FROM head))
"""


@dataclass(frozen=True)
class Position:
    """An event up to which the chain is good, and its hash."""

    seq: int = 0
    hash: str = GENESIS


class BadRecord(Exception):
    """The first record that is not what it was."""

    def __init__(self, seq: int, fault: Fault) -> None:
        super().__init__(f"event {seq}: {fault}")
        self.seq = seq
        self.fault = fault


def head() -> Position:
    """Where the chain ends now. One query."""
    row = AuditHead.objects.filter(pk=1).first()
    return Position(row.seq, row.hash) if row else Position()


def walk(up_to: Position, start: Position = Position()) -> Iterator[Position]:
    """Check the events after `start` up to `up_to`, yielding the position after each stretch.

    Raises BadRecord at the first bad one.
    """
    position = start
    for stretch in chain_reading.stretches(start.seq, up_to.seq):
        position = _whole(stretch, position) or _one_by_one(stretch.last, position)
        if position.seq == up_to.seq and position.hash != up_to.hash:
            raise BadRecord(up_to.seq, Fault.HEAD)
        yield position


def check_ends() -> None:
    """Raise BadRecord if anything stands before the first event or beyond the head of the
    chain. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTSIDE)
        first, beyond, personal = cursor.fetchone()
    if first is not None and first < 1:
        raise BadRecord(first, Fault.LINK)
    if beyond is not None:
        raise BadRecord(beyond, Fault.HEAD)
    if personal is not None:
        raise BadRecord(personal, Fault.PERSONAL)


def _whole(stretch: Stretch, position: Position) -> Position | None:
    """The position after the stretch if all of it agrees; None if anything may not."""
    told: list[Told] = []
    for batch in stretch.batches:
        texts = batch.texts.split(_BETWEEN)
        reached = _chained(batch, texts, position)
        if not reached or not _personal_agree(batch, texts):
            return None
        if _SOME_EXCHANGE in batch.texts:
            told += _told_by(texts, batch.after)
        position = reached
    altered = chain_exchanges.first_altered(told, stretch.exchanges()) if told else None
    return position if altered is None else None


def _chained(batch: Joined, texts: list[bytes], position: Position) -> Position | None:
    if not batch.found == len(texts) == batch.last - batch.after:
        return None
    previous, rows, sha256 = position.hash, [], hashlib.sha256
    for text in texts:
        link = previous + sha256(text).hexdigest()
        previous = sha256(link.encode()).hexdigest()
        rows.append(link + previous)
    return Position(batch.last, previous) if BETWEEN.join(rows).encode() == batch.hashes else None


def _personal_agree(batch: Joined, texts: list[bytes]) -> bool:
    if not batch.personal_numbers:
        return True
    numbers = batch.personal_numbers.split(_BETWEEN)
    keys = batch.personal_keys.split(_BETWEEN)
    salted = batch.personal_salted.split(_BETWEEN_VALUES)
    if not len(numbers) == len(keys) == len(salted):
        return False
    first, sha256 = batch.after + 1, hashlib.sha256
    for number, key, text in zip(numbers, keys, salted, strict=True):
        if key + sha256(text).hexdigest().encode() not in texts[int(number) - first]:
            return False
    return True


def _one_by_one(last: int, position: Position) -> Position:
    """The position after the events up to that number. Raises BadRecord at the first bad one."""
    rows, personal = chain_reading.one_by_one(position.seq, last)
    seq, previous, sha256 = position.seq, position.hash.encode(), hashlib.sha256
    for number, text, hashes in rows:
        link = previous + sha256(text).hexdigest().encode()
        hash_ = sha256(link).hexdigest().encode()
        if number != seq + 1 or hashes != link + hash_:
            break
        seq, previous = number, hash_
    # What stands beside the good ones comes before the first bad one.
    good = [text for _seq, text, _hashes in rows[: seq - position.seq]]
    bad = [
        (number, Fault.PERSONAL)
        for number, key, salted in personal
        if number <= seq
        and key + sha256(salted).hexdigest().encode() not in good[number - position.seq - 1]
    ]
    told = _told_by(good, position.seq)
    altered = chain_exchanges.first_altered(told, chain_exchanges.kept(told)) if told else None
    if altered is not None:
        bad.append((altered, Fault.EXCHANGE))
    if bad:
        raise BadRecord(*min(bad, key=itemgetter(0)))
    reached = Position(seq, previous.decode())
    if seq != last:
        raise BadRecord(seq + 1, _fault_after(reached))
    return reached


def _told_by(texts: list[bytes], after: int) -> list[Told]:
    """What these events, the texts of those after that number, say of exchanges."""
    return chain_exchanges.told_by(
        each for each in enumerate(texts, after + 1) if _SOME_EXCHANGE in each[1]
    )


def _fault_after(position: Position) -> Fault:
    """What is wrong with the first event that is bad, which comes after this position."""
    found = chain_reading.one(position.seq + 1)
    if not found:
        return Fault.MISSING
    text, hashes = found
    previous, digest = position.hash.encode(), hashlib.sha256(text).hexdigest().encode()
    if hashes[:64] != previous:
        return Fault.LINK
    if hashes[64:128] != digest:
        return Fault.DIGEST
    hash_ = hashlib.sha256(previous + digest).hexdigest().encode()
    return Fault.HASH if hashes[128:] != hash_ else Fault.COLUMNS
