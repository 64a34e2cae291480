"""Verifies an export as docs/audit.md says one can, and shares nothing with the first verifier.

It answers with the number of the first bad record, or None.
"""

import json
from datetime import datetime, timedelta
from functools import reduce
from hashlib import sha256
from zipfile import ZipFile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def hexed(*parts):
    return sha256("".join(parts).encode()).hexdigest()


def normal(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def first_bad(path, own_checkpoints=(), trusted=()):
    archive = ZipFile(path)
    manifest = json.loads(archive.read("manifest.json"))
    events = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
    sent = [*archive.read("checkpoints.jsonl").decode().splitlines(), *own_checkpoints]
    signed = [(json.loads(line), json.loads(json.loads(line)["text"])) for line in sent]
    made_at = datetime.fromisoformat(manifest["made_at"])

    hashes = reduce(
        lambda known, event: [*known, hexed(known[-1], digest_of(event))],
        events,
        [manifest["previous_hash"]],
    )
    at = dict(enumerate(hashes, start=manifest["first"] - 1))

    def bad_events():
        for number, event in enumerate(events, start=manifest["first"]):
            if event.get("seq") != number or event.get("hash") != at[number]:
                yield number
            if "text" in event and not is_sound(event, number, made_at):
                yield number
        for line, said in signed:
            if not has_good_signature(line, trusted) or said["hash"] != at.get(
                said["seq"], said["hash"]
            ):
                yield said["seq"]
            elif said["chain"] != manifest["chain"]:
                yield 1
            elif said["seq"] > manifest["head"]["seq"] and said["at"] <= manifest["made_at"]:
                yield manifest["head"]["seq"] + 1

    def bad_manifest():
        if manifest["first"] == 1 and manifest["previous_hash"] != "0" * 64:
            yield 1
        if (max(at), at[max(at)]) != (manifest["last"], manifest["last_hash"]):
            yield max(at) + 1
        shown = sum("text" in event for event in events)
        if (len(events), shown) != (manifest["events"], manifest["shown"]):
            yield manifest["first"]
        for name, said in manifest["files"].items():
            content = archive.read(name)
            if (len(content), sha256(content).hexdigest()) != (said["bytes"], said["sha256"]):
                yield manifest["first"]

    return min(bad_events(), default=None) or next(bad_manifest(), None)


def digest_of(event):
    return hexed(event["text"]) if "text" in event else event["digest"]


def is_sound(event, number, made_at):
    told = json.loads(event["text"])
    return (
        normal(told) == event["text"]
        and told["about"]["seq"] == number
        and all(
            told["personal"].get(name) == hexed(given["salt"], given["value"])
            for name, given in event["personal"].items()
        )
        and len(told["exchanges"]) == len(event["exchanges"])
        and all(map(is_kept, told["exchanges"], event["exchanges"], [made_at] * 99))
    )


def is_kept(said, kept, made_at):
    facts = kept["facts"]
    old = datetime.fromisoformat(facts["finished_at"]) <= made_at - timedelta(days=180)
    bodies = {name: kept[f"{name}_body"] for name in ("request", "response")}
    return (
        hexed(normal(facts)) == said["digest"]
        and all(facts[name] == said[name] for name in bodies)
        and all(old if body is None else hexed(body) == said[n] for n, body in bodies.items())
    )


def has_good_signature(line, trusted):
    if trusted and line["public_key"] not in trusted:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(line["public_key"]))
        key.verify(bytes.fromhex(line["signature"]), line["text"].encode())
    except (InvalidSignature, ValueError):
        return False
    return True
