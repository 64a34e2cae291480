"""Signed checkpoints: the head of the chain leaves this machine, so that what it was can be
proved to whoever owns the database now.

A checkpoint travels as a line of JSON, {"public_key", "signature", "text"}; `text` is exactly
what was signed with Ed25519 (RFC 8032). Only the worker is given the key, AUDIT_SIGNING_KEY.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.utils import timezone

from jobs.choices import Fault
from jobs.models import AuditCheckpoint, AuditEvent
from jobs.services import chain, keys
from jobs.services.audit import canonical_text, utc_text
from jobs.services.chain import BadRecord

KEY_SETTING = "AUDIT_SIGNING_KEY"
BEGINNING = '{"public_key"'
BATCH = 500
# The history's page asks for it each time. Written out, because composing it would cost more than
# running it.
_NEWEST = "SELECT * FROM jobs_auditcheckpoint ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True)
class Checkpoint:
    """What one checkpoint says: that event `seq` of the chain that begins with the hash `chain`
    had the hash `hash`."""

    seq: int
    hash: str
    chain: str
    text: str
    signature: str
    public_key: str

    @classmethod
    def read(cls, line: str) -> Self:
        """The checkpoint in a line of a file or a log. Raises ValueError if there is none."""
        try:
            said = json.loads(line[line.index(BEGINNING) :])
            signed = json.loads(said["text"])
            return cls(
                seq=int(signed["seq"]),
                hash=str(signed["hash"]),
                chain=str(signed["chain"]),
                text=said["text"],
                signature=str(said["signature"]),
                public_key=str(said["public_key"]),
            )
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"not a checkpoint: {wrong!r}") from None

    def is_signed(self) -> bool:
        """Whether the signature is that of the public key."""
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
            public.verify(bytes.fromhex(self.signature), self.text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


def line_of(checkpoint: AuditCheckpoint) -> str:
    """The checkpoint as it leaves this machine."""
    return canonical_text(
        {
            "text": checkpoint.text,
            "signature": checkpoint.signature,
            "public_key": checkpoint.public_key,
        }
    )


def signing_key() -> Ed25519PrivateKey | None:
    """The key in this process's environment: PEM, or 64 hex digits. None if there is none.

    Raises ValueError, without the key in its text, for anything else.
    """
    secret = keys.secret(KEY_SETTING)
    if not secret:
        return None
    try:
        if secret.startswith("-----"):
            key = load_pem_private_key(secret.encode(), password=None)
        else:
            key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{KEY_SETTING} is neither an Ed25519 key in PEM nor 64 hex digits.")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """The key's public half as 64 hex digits, which others need for verifying."""
    return key.public_key().public_bytes_raw().hex()


def trusted_keys() -> frozenset[str]:
    """The public keys whose checkpoints count; empty if this process knows of none."""
    key = signing_key()
    own = {public_text(key)} if key else set()
    return frozenset(own | {public.strip().lower() for public in settings.AUDIT_PUBLIC_KEYS})


def sign_next() -> bool:
    """Sign the head of the chain if it is time and it moved; False if not."""
    if not keys.secret(KEY_SETTING):
        return False
    last = newest()
    now = timezone.now()
    if last and now - last.at < timedelta(seconds=settings.AUDIT_CHECKPOINT_SECONDS):
        return False
    head = chain.head()
    key = signing_key()
    if key is None or head.seq <= (last.seq if last else 0):
        return False
    text = canonical_text(
        {
            "v": 1,
            "chain": AuditEvent.objects.values_list("hash", flat=True).get(seq=1),
            "seq": head.seq,
            "hash": head.hash,
            "at": utc_text(now),
        }
    )
    checkpoint = AuditCheckpoint(
        seq=head.seq,
        hash=head.hash,
        at=now,
        text=text,
        signature=key.sign(text.encode()).hex(),
        public_key=public_text(key),
        due_at=now,
    )
    # Another worker may sign the same head in this moment; one of the two is enough.
    AuditCheckpoint.objects.bulk_create([checkpoint], ignore_conflicts=True)
    return True


def newest() -> AuditCheckpoint | None:
    """The last checkpoint that was signed."""
    return next(iter(AuditCheckpoint.objects.raw(_NEWEST)), None)


def check(checkpoints: Iterable[Checkpoint], trusted: frozenset[str]) -> int:
    """Compare the chain with what was signed, and say how many checkpoints agree.

    With `trusted` empty any key's signature is taken. Raises BadRecord at the first event
    that a checkpoint contradicts. The chain itself was walked before.
    """
    head, first = chain.head(), _hashes([1]).get(1)
    agreed = 0
    rest = iter(checkpoints)
    while batch := sorted(islice(rest, BATCH), key=lambda checkpoint: checkpoint.seq):
        hashes = _hashes([checkpoint.seq for checkpoint in batch])
        for checkpoint in batch:
            if (trusted and checkpoint.public_key not in trusted) or not checkpoint.is_signed():
                raise BadRecord(checkpoint.seq, Fault.SIGNATURE)
            if checkpoint.seq > head.seq:
                raise BadRecord(head.seq + 1, Fault.CHECKPOINT)
            if checkpoint.chain != first:
                raise BadRecord(1, Fault.CHECKPOINT)
            if hashes.get(checkpoint.seq) != checkpoint.hash:
                raise BadRecord(checkpoint.seq, Fault.CHECKPOINT)
            agreed += 1
    return agreed


def kept() -> Iterator[Checkpoint]:
    """The checkpoints in the database, in order."""
    for checkpoint in AuditCheckpoint.objects.order_by("seq").iterator(chunk_size=BATCH):
        yield Checkpoint.read(line_of(checkpoint))


def sent_to_file() -> Iterator[Checkpoint]:
    """The checkpoints in the file that this installation sends them to, if it can be read."""
    path = settings.AUDIT_CHECKPOINT_FILE
    if path and Path(path).is_file():
        yield from in_file(Path(path))


def in_file(path: Path) -> Iterator[Checkpoint]:
    """The checkpoints in a file or a log, whose other lines are passed over.

    Raises OSError, and ValueError for a line that only looks like one.
    """
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if BEGINNING in line:
                yield Checkpoint.read(line)


def _hashes(seqs: list[int]) -> dict[int, str]:
    return dict(AuditEvent.objects.filter(seq__in=seqs).values_list("seq", "hash"))
