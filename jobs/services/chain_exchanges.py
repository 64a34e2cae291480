"""Checking the exchanges with DashScope against the digests that their events hold.

Read as tuples, and a batch at once: an event has no cheaper part than its hashes, and no dearer
one than its exchanges.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any

from django.db import connection

from jobs.models import Exchange
from jobs.services.audit import canonical_text, digest_of, exchange_facts

SOME_EXCHANGE = '"exchanges":[{'
# No body is removed before it is this old, whatever the settings say (services/retention.py).
FLOOR = timedelta(days=180)

# What audit.exchange_facts() names, as the database gives it.
_FACTS = {
    "id": "id",
    "call": "call",
    "outcome": "outcome",
    "reason": "reason",
    "host": "host",
    "key_fingerprint": "key_fingerprint",
    "method": "method",
    "path": "path",
    "request": "request_body",
    "status_code": "status_code",
    "response_headers": "{headers}",
    "response": "response_body",
    "response_bytes": "response_bytes",
    "response_truncated": "response_truncated",
    "request_id": "request_id",
    "started_at": "{started_at}",
    "finished_at": "{finished_at}",
    "duration_ms": "duration_ms",
}
_EXCHANGES = "SELECT {pruned}, {facts} FROM jobs_exchange WHERE id IN ({ids})"
# Of which the bodies went long after the floor; nearer to it is_as_said() reckons exactly.
_PRUNED = {
    "sqlite": "julianday(bodies_pruned_at) - julianday(finished_at) > {days}",
    "postgresql": "bodies_pruned_at - finished_at > interval '{days} days'",
}
# A column of times as audit.utc_text() writes them.
UTC_TEXT = {
    "sqlite": "replace({0}, ' ', 'T') || CASE length({0}) WHEN 19 THEN '.000000Z' ELSE 'Z' END",
    "postgresql": """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
}
_HEADERS = {"sqlite": "response_headers", "postgresql": "response_headers::text"}
# As audit.canonical_text() writes it.
_as_text = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode

_ID = re.compile(rb'\{"digest":"\w+","id":(\d+),')

# An event's number, and what it says of one exchange.
Told = tuple[int, dict[str, Any]]


def told_by(events: Iterable[tuple[int, bytes]]) -> list[Told]:
    """What these events, by number and text, say of exchanges."""
    return [(seq, said) for seq, text in events for said in json.loads(text)["exchanges"]]


def ids_in(texts: Iterable[bytes]) -> list[int]:
    """The numbers of the exchanges of which these texts, which nobody has looked at yet, tell.

    One that is missed takes first_altered() longer.
    """
    return [int(number) for text in texts for number in _ID.findall(text)]


def statement(ids: Iterable[int]) -> str:
    """What gives the rows of these exchanges for first_altered()."""
    # By number, whatever the history says: it may be somebody's who wants it to say more.
    return _statement().format(ids=",".join(str(int(number)) for number in ids))


def kept(told: Iterable[Told]) -> list[tuple[Any, ...]]:
    """The rows of these exchanges for first_altered(). One query."""
    with connection.cursor() as cursor:
        cursor.execute(statement(said["id"] for _seq, said in told))
        return list(cursor.fetchall())


def first_altered(told: Sequence[Told], rows: Iterable[tuple[Any, ...]]) -> int | None:
    """The first event of which a kept exchange, of these rows, is not what it was; None if all
    are. One query if any is in doubt."""
    digests = _digests({said["id"]: said for _seq, said in told}, rows)
    doubtful = [each for each in told if digests.get(each[1]["id"]) != each[1]["digest"]]
    found = Exchange.objects.in_bulk([said["id"] for _seq, said in doubtful]) if doubtful else {}
    for seq, said in doubtful:
        exchange = found.get(said["id"])
        if exchange is None or not is_as_said(exchange, said):
            return seq
    return None


def is_as_said(exchange: Exchange, said: dict[str, str]) -> bool:
    """Whether the kept exchange is the one that the event told of; of a pruned one, the
    digests of its bodies are taken from the event."""
    facts = exchange_facts(exchange)
    if exchange.bodies_pruned_at:
        if exchange.bodies_pruned_at - exchange.finished_at < FLOOR:
            return False
        facts |= {"request": said["request"], "response": said["response"]}
    return digest_of(canonical_text(facts)) == said["digest"]


def _digests(told: dict[int, dict[str, Any]], rows: Iterable[tuple[Any, ...]]) -> dict[int, str]:
    """By number, the digests of kept exchanges, in a tenth of the time that is_as_said() takes.

    What it would write otherwise has another digest here, and is in doubt.
    """
    digests = {}
    for pruned, *values in rows:
        facts: dict[str, Any] = dict(zip(_FACTS, values, strict=True))
        for body in ("request", "response"):
            facts[body] = told[facts["id"]][body] if pruned else _digest(facts[body])
        facts["response_headers"] = _headers(facts["response_headers"])
        facts["response_truncated"] = bool(facts["response_truncated"])
        digests[facts["id"]] = _digest(_as_text(facts))
    return digests


@lru_cache(100)  # many answers have the same
def _headers(text: str) -> Any:
    return json.loads(text)


@cache
def _statement() -> str:
    vendor = connection.vendor
    at = UTC_TEXT[vendor].format
    columns = ", ".join(_FACTS.values())
    return _EXCHANGES.format(
        pruned=_PRUNED[vendor].format(days=FLOOR.days + 1),
        facts=columns.format(
            headers=_HEADERS[vendor], started_at=at("started_at"), finished_at=at("finished_at")
        ),
        ids="{ids}",
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
