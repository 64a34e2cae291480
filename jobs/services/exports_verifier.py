"""Verifies an export of Import Desk's history: python3 -I -S verify.py [EXPORT] [options]

EXPORT is the zip or the directory it was unpacked to (default: where this file is).
It needs Python 3.9 or newer and nothing else, and reads nothing but what it is given.

  --checkpoints FILE   checkpoints that you kept yourself: a file or a log (may be repeated)
  --key HEX            a public key that you trust (may be repeated)

It ends with 0 if all is well, with 1 if a record is bad, and names the first bad one, and with 2
if it cannot read what it was given. Without --checkpoints or --key it proves that the export is
whole in itself, not that the history was never written anew as a whole.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, NamedTuple

FORMAT = "import-desk-history-1"
GENESIS = "0" * 64
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
UNREADABLE = (
    OSError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    RecursionError,
    zipfile.BadZipFile,
    zlib.error,
)


class Bad(Exception):
    """A record is not what it was."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"event {seq}: {why}")
        self.seq = seq
        self.why = why


class Checkpoint(NamedTuple):
    """What a checkpoint says, and whether it came with the export or from outside."""

    seq: int
    hash: str
    chain: str
    at: str
    text: str
    signature: str
    public_key: str
    outside: bool


# --- Ed25519, RFC 8032, section 5.1: verification alone ---------------------------------------

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def _add(p: _Point, q: _Point) -> _Point:
    a = (p[1] - p[0]) * (q[1] - q[0])
    b = (p[1] + p[0]) * (q[1] + q[0])
    c = 2 * p[3] * q[3] * _D
    d = 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _point(encoded: bytes) -> _Point | None:
    y = int.from_bytes(encoded, "little")
    odd, y = y >> 255, y & (2**255 - 1)
    if len(encoded) != 32 or y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT % _P
    if x * x % _P != square or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = _P - x
    return x, y, 1, x * y % _P


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is that of the key over the message."""
    key, commitment = _point(public_key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or len(signature) != 64 or scalar >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    left = _times(scalar, _BASE)
    right = _add(commitment, _times(int.from_bytes(digest, "little") % _ORDER, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % _P == 0


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE = _point(_BASE_Y.to_bytes(32, "little")) or (0, 1, 1, 0)


# --- Reading ----------------------------------------------------------------------------------


class Export:
    """The files of an export, in a zip or a directory."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._zip = None if place.is_dir() else zipfile.ZipFile(place)

    def open(self, name: str) -> IO[bytes]:
        """One of its files."""
        if self._zip is None:
            return (self._place / name).open("rb")
        return self._zip.open(name)

    def lines(self, name: str) -> Iterator[str]:
        """The lines of one of its files."""
        with self.open(name) as raw:
            yield from io.TextIOWrapper(raw, "utf-8", newline="\n")


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("this is not an object of JSON")
    return found


def canonical(content: Any) -> str:
    """JSON as the history writes it."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a half of a character, which has no UTF-8 form
        return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def sha256(text: str) -> str:
    """SHA-256 of a text's UTF-8 form, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_checkpoint(line: str, *, outside: bool) -> Checkpoint | None:
    """The checkpoint in a line of a file or a log, or None if it holds none."""
    start = line.find('{"public_key"')
    if start < 0:
        return None
    said = _object(line[start:])
    signed = _object(said["text"])
    return Checkpoint(
        signed["seq"],
        signed["hash"],
        signed["chain"],
        signed["at"],
        said["text"],
        said["signature"],
        said["public_key"],
        outside,
    )


# --- Verifying --------------------------------------------------------------------------------


def verify(export: Export, outside: list[Checkpoint], trusted: set[str]) -> Walk:
    """Check everything in the order of the events. Raises Bad, and others for what is no export."""
    with export.open("manifest.json") as raw:
        manifest = _object(raw.read().decode())
    if manifest["format"] != FORMAT:
        raise ValueError(f"its format is {manifest['format']!r}, not {FORMAT!r}")
    inside = [
        checkpoint
        for line in export.lines("checkpoints.jsonl")
        if (checkpoint := read_checkpoint(line, outside=False))
    ]
    checkpoints = sorted([*inside, *outside], key=lambda checkpoint: checkpoint.seq)
    walk = Walk(manifest, checkpoints, trusted)
    for line in export.lines("events.jsonl"):
        walk.take(line)
    walk.end()
    _check_files(export, manifest)
    return walk


class Walk:
    """Goes through the events one by one, with the checkpoints beside them."""

    def __init__(
        self, manifest: dict[str, Any], checkpoints: list[Checkpoint], trusted: set[str]
    ) -> None:
        self.manifest = manifest
        self.seq = manifest["first"] - 1
        self.hash = manifest["previous_hash"]
        self.shown = self.exchanges = self.erased = self.pruned = self.pinned = 0
        self.agreed: list[Checkpoint] = []
        self._waiting = checkpoints
        self._trusted = trusted
        made_at = datetime.strptime(manifest["made_at"], "%Y-%m-%dT%H:%M:%S.%f%z")
        self._oldest_with_bodies = (made_at - timedelta(days=180)).strftime(TIME)
        if self.seq == 0 and self.hash != GENESIS:
            raise Bad(1, "it does not begin the chain")
        self._compare_reached()

    def take(self, line: str) -> None:
        """Check the next event."""
        try:
            self._check(self.seq + 1, _object(line))
        except UNREADABLE as wrong:
            raise Bad(self.seq + 1, f"it cannot be read: {wrong!r}") from None
        self._compare_reached()

    def _check(self, seq: int, line: dict[str, Any]) -> None:
        if line["seq"] != seq:
            raise Bad(seq, "it is missing, or another stands in its place")
        digest = self._check_shown(seq, line) if "text" in line else line["digest"]
        self.hash = sha256(self.hash + digest)
        if line["hash"] != self.hash:
            raise Bad(seq, "its text, its digest or its hash was changed")
        self.seq = seq

    def end(self) -> None:
        """Check that nothing is missing behind the last event, and that nothing is left over."""
        said = self.manifest
        if (self.seq, self.hash) != (said["last"], said["last_hash"]):
            raise Bad(self.seq + 1, "it is missing, or the end of the export was changed")
        if (self.shown, self.seq - said["first"] + 1) != (said["shown"], said["events"]):
            raise Bad(said["first"], "the manifest counts other events")
        for checkpoint in self._waiting:
            self._check_signature(checkpoint)
            head = said["head"]["seq"]
            if checkpoint.seq > head and checkpoint.at <= said["made_at"]:
                raise Bad(head + 1, "a checkpoint tells of later events: the end was cut off")

    def _check_shown(self, seq: int, line: dict[str, Any]) -> str:
        self.shown += 1
        text = line["text"]
        content = _object(text)
        if canonical(content) != text:
            raise Bad(seq, "its text is not written as the history writes")
        if content["about"]["seq"] != seq:
            raise Bad(seq, "its text is that of another event")
        for name, given in line["personal"].items():
            if sha256(given["salt"] + given["value"]) != content["personal"].get(name):
                raise Bad(seq, f"its personal value {name!r} was changed")
        if len(line["exchanges"]) != len(content["exchanges"]):
            raise Bad(seq, "an exchange that it tells of is missing, or there are too many")
        for number, said in enumerate(content["exchanges"]):
            self._check_exchange(seq, line["exchanges"][number], said)
        self.erased += len(content["personal"]) - len(line["personal"])
        return sha256(text)

    def _check_exchange(self, seq: int, kept: dict[str, Any], said: dict[str, Any]) -> None:
        facts = kept["facts"]
        if sha256(canonical(facts)) != said["digest"]:
            raise Bad(seq, "an exchange that it tells of was changed")
        for name in ("request", "response"):
            body = kept[f"{name}_body"]
            if facts[name] != said[name] or (body is not None and sha256(body) != said[name]):
                raise Bad(seq, f"the {name} of an exchange that it tells of was changed")
            if body is None:
                # Removed for its age, which takes at least 180 days.
                if facts["finished_at"] > self._oldest_with_bodies:
                    raise Bad(seq, f"the {name} of an exchange that it tells of is missing")
                self.pruned += 1
        self.exchanges += 1

    def _compare_reached(self) -> None:
        while self._waiting and self._waiting[0].seq <= self.seq:
            checkpoint = self._waiting.pop(0)
            self._check_signature(checkpoint)
            if checkpoint.chain != self.manifest["chain"]:
                raise Bad(1, "a checkpoint is of a history that began otherwise")
            if checkpoint.seq < self.seq:
                continue  # from before this export
            if checkpoint.hash != self.hash:
                raise Bad(checkpoint.seq, "a checkpoint says otherwise: history was rewritten")
            self.agreed.append(checkpoint)
            if checkpoint.outside or checkpoint.public_key in self._trusted:
                self.pinned = checkpoint.seq

    def _check_signature(self, checkpoint: Checkpoint) -> None:
        if self._trusted and checkpoint.public_key not in self._trusted:
            raise Bad(checkpoint.seq, "its checkpoint is signed with a key that you do not trust")
        try:
            key, signature = (
                bytes.fromhex(checkpoint.public_key),
                bytes.fromhex(checkpoint.signature),
            )
        except ValueError:
            key, signature = b"", b""
        if not is_signed(key, signature, checkpoint.text.encode()):
            raise Bad(checkpoint.seq, "the signature of its checkpoint is false")


def _check_files(export: Export, manifest: dict[str, Any]) -> None:
    for name, said in manifest["files"].items():
        digest, size = hashlib.sha256(), 0
        with export.open(name) as raw:
            for block in iter(lambda: raw.read(1 << 20), b""):
                digest.update(block)
                size += len(block)
        if (digest.hexdigest(), size) != (said["sha256"], said["bytes"]):
            raise Bad(manifest["first"], f"{name} is not the file that the manifest names")


# --- The command ------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Verify what the arguments name, and say what came of it."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Verify an export.")
    parser.add_argument("export", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--checkpoints", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--key", action="append", default=[], metavar="HEX")
    options = parser.parse_args(arguments)
    say = sys.stdout.write
    try:
        outside = [
            checkpoint
            for path in options.checkpoints
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
            if (checkpoint := read_checkpoint(line, outside=True))
        ]
        trusted = {key.strip().lower() for key in options.key}
        walk = verify(Export(options.export), outside, trusted)
    except Bad as bad:
        say(f"BAD. First bad record: event {bad.seq}\nWhy: {bad.why}.\n")
        return 1
    except UNREADABLE as wrong:
        say(f"This export cannot be read: {type(wrong).__name__}: {wrong}\n")
        return 2
    _report(walk, trusted)
    return 0


def _report(walk: Walk, trusted: set[str]) -> None:
    say = sys.stdout.write
    first, outside = walk.manifest["first"], sum(found.outside for found in walk.agreed)
    say(
        f"WHOLE. Events {first} to {walk.seq}: {walk.shown} shown, "
        f"{walk.seq - first + 1 - walk.shown} as digests alone; "
        f"{walk.exchanges} exchanges with DashScope.\n"
        f"Not here any more: {walk.erased} personal values that were erased, {walk.pruned} bodies "
        "of old exchanges.\n"
        f"Checkpoints that agree: {len(walk.agreed) - outside} of the export, {outside} of your "
        "own.\n"
    )
    for key in sorted({found.public_key for found in walk.agreed}):
        known = "which you trust" if key in trusted else "compare it with the one you were given"
        say(f"They are signed with the key {key}: {known}.\n")
    if walk.pinned:
        say(
            f"Up to event {walk.pinned} nobody without that key can have changed this history "
            "after the checkpoint was made.\n"
        )
    else:
        say(
            "No checkpoint of your own and no key that you trust was given, so this does not rule "
            "out that the whole history was written anew.\n"
        )
    if first > 1:
        say(f"The events before {first} are not part of this export.\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
