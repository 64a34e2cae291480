"""The export that a third party can check: a zip with everything needed to verify it.

All events of the stretch are in it: those that were asked for and may be seen with their text,
the others as their digests. docs/audit.md lays the files out; exports_verifier.py, which is
one of them, reads them.
"""

import hashlib
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.db.models import Case, F, TextField, When
from django.utils import timezone

from jobs.models import AuditCheckpoint, AuditEvent, AuditPersonal, Exchange
from jobs.services import chain, checkpoints, exports_verifier
from jobs.services.audit import GENESIS, exchange_facts, utc_text
from jobs.services.chain_exchanges import SOME_EXCHANGE
from jobs.services.exports import Export
from jobs.services.exports_summary import Summary

# Texts compress well at any level; hashes do not at all.
LEVEL = 1
READ_ME = """An export of the history of Import Desk.

  summary.html       what is in it, for people
  events.jsonl       the events, one a line: with their text and what they tell of, or, if they
                     are not shown, as their digest alone
  checkpoints.jsonl  signed statements of what the history was, made before this export
  public_keys.txt    the keys that these are signed with; compare them with those you were given
  manifest.json      what belongs together, with the SHA-256 of each file
  verify.py          checks all of it: python3 -I -S verify.py THIS.zip

verify.py needs Python 3.9 and nothing else, and no network. If you do not trust this copy of it,
take it from Import Desk's own source, jobs/services/exports_verifier.py.
"""


def stream(
    export: Export, language: str, progress: Callable[[int, int], None] = lambda done, of: None
) -> Iterator[bytes]:
    """The zip, in pieces as it is made. The caller has begun the export."""
    first, last = export.bounds()
    previous_hash = GENESIS if first == 1 else AuditEvent.objects.get(seq=first - 1).hash
    manifest: dict[str, Any] = {
        "format": exports_verifier.FORMAT,
        "made_at": utc_text(timezone.now()),
        "filters": export.search.query(),
        "workspaces": sorted(w.slug for w in export.reach.workspaces.values()),
        "first": first,
        "last": last,
        "previous_hash": previous_hash,
        "last_hash": previous_hash,
        "events": last - first + 1,
        "shown": 0,
        "chain": AuditEvent.objects.get(seq=1).hash if last else GENESIS,
        "head": vars(chain.head()),
    }
    parts = _Parts()
    summary = Summary(export, language)
    with parts.file("events.jsonl") as file:
        for after, to in export.windows():
            for line in _event_lines(export, after, to, manifest, summary):
                file.write(_written(line))
            progress(to, last)
            yield parts.taken()
    signed = AuditCheckpoint.objects.filter(seq__gte=first - 1, seq__lte=manifest["head"]["seq"])
    with parts.file("checkpoints.jsonl") as file:
        for checkpoint in signed.order_by("seq").iterator():
            file.write(f"{checkpoints.line_of(checkpoint)}\n".encode())
    keys = signed.order_by("public_key").values_list("public_key", flat=True).distinct()
    verifier = Path(exports_verifier.__file__).read_text(encoding="utf-8")
    for name, text in (
        ("public_keys.txt", "".join(f"{key}\n" for key in keys)),
        ("summary.html", summary.page(manifest)),
        ("summary.css", summary.style()),
        ("verify.py", verifier),
        ("README.txt", READ_ME),
        ("manifest.json", ""),
    ):
        if name == "manifest.json":
            text = json.dumps(manifest | {"files": parts.files}, indent=1, ensure_ascii=False)
        with parts.file(name) as file:
            file.write(text.encode())
    yield parts.end()


def _event_lines(
    export: Export, after: int, to: int, manifest: dict[str, Any], summary: Summary
) -> Iterator[dict[str, Any]]:
    """The lines of a window, and on the way what the manifest and the summary have to know."""
    condition = export.search.condition(export.reach)
    text = When(condition, then=F("canonical")) if condition else F("canonical")
    events = (
        AuditEvent.objects.filter(seq__gt=after, seq__lte=to)
        .order_by("seq")
        .annotate(shown_text=Case(text, output_field=TextField()) if condition else text)
        .values_list("seq", "digest", "hash", "shown_text", "verb", "outcome", "at")
    )
    rows = list(events)
    personal = _personal(after, to) if any(row[3] for row in rows) else {}
    exchanges = _exchanges([row[3] for row in rows if row[3]])
    for seq, digest, hash_, shown, verb, outcome, at in rows:
        manifest["last_hash"] = hash_
        if shown is None:
            yield {"seq": seq, "digest": digest, "hash": hash_}
            continue
        manifest["shown"] += 1
        summary.count(seq, verb, outcome, at, shown)
        yield {
            "seq": seq,
            "text": shown,
            "hash": hash_,
            "personal": personal.get(seq, {}),
            "exchanges": exchanges.get(shown, []),
        }


def _written(line: dict[str, Any]) -> bytes:
    try:
        return f"{json.dumps(line, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:  # half of a character, in a header that was kept
        return f"{json.dumps(line)}\n".encode()


def _personal(after: int, to: int) -> dict[int, dict[str, dict[str, str]]]:
    found: defaultdict[int, dict[str, dict[str, str]]] = defaultdict(dict)
    values = AuditPersonal.objects.filter(event_seq__gt=after, event_seq__lte=to)
    for seq, field, salt, value in values.values_list("event_seq", "field", "salt", "value"):
        found[seq][field] = {"salt": salt, "value": value}
    return found


def _exchanges(texts: list[str]) -> dict[str, list[dict[str, Any]]]:
    """For each text that tells of exchanges, these as they were kept."""
    told = {text: json.loads(text)["exchanges"] for text in texts if SOME_EXCHANGE in text}
    kept = Exchange.objects.in_bulk([said["id"] for all_said in told.values() for said in all_said])
    return {
        text: [_exchange(kept[said["id"]], said) for said in all_said if said["id"] in kept]
        for text, all_said in told.items()
    }


def _exchange(kept: Exchange, said: dict[str, str]) -> dict[str, Any]:
    if kept.bodies_pruned_at:
        bodies = {"request": said["request"], "response": said["response"]}
        facts = exchange_facts(kept) | bodies
        return {"facts": facts, "request_body": None, "response_body": None}
    return {
        "facts": exchange_facts(kept),
        "request_body": kept.request_body,
        "response_body": kept.response_body,
    }


class _Parts:
    """A zip that is handed out piece by piece while it is written."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, Any]] = {}
        self._made = _Sink()
        self._zip = zipfile.ZipFile(self._made, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)

    @contextmanager
    def file(self, name: str) -> Iterator["_Digesting"]:
        """One file in the zip, written while the block lasts."""
        info = zipfile.ZipInfo(name, date_time=timezone.now().timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(info, "w", force_zip64=True) as raw:
            file = _Digesting(raw)
            yield file
        self.files[name] = {"bytes": file.size, "sha256": file.digest.hexdigest()}

    def taken(self) -> bytes:
        """What was made since the last time."""
        return self._made.taken()

    def end(self) -> bytes:
        """The rest of the zip."""
        self._zip.close()
        return self._made.taken()


class _Digesting:
    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self.digest.update(data)
        self._raw.write(data)


class _Sink(io.RawIOBase):
    """Takes bytes as a pipe does: zipfile then writes sizes behind the files."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
