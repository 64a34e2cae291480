"""Checking the exchanges with DashScope against the digests that their events hold."""

import json
from collections.abc import Iterator
from datetime import timedelta

from jobs.choices import Fault
from jobs.models import AuditEvent, Exchange
from jobs.services.audit import canonical_text, digest_of, exchange_facts
from jobs.services.chain import BadRecord

BATCH = 1000
SOME_EXCHANGE = '"exchanges":[{'
# No body is removed before it is this old, whatever the settings say (services/retention.py).
FLOOR = timedelta(days=180)


def walk(up_to: int, start: int = 0) -> Iterator[int]:
    """Check the exchanges of the events after `start` up to `up_to`, yielding how far it came
    after each batch. Raises BadRecord at the first event whose exchange is not what it was."""
    while start < up_to:
        last = min(start + BATCH, up_to)
        _check_batch(start, last)
        start = last
        yield start


def is_as_said(exchange: Exchange, said: dict[str, str]) -> bool:
    """Whether the kept exchange is the one that the event told of; of a pruned one, the
    digests of its bodies are taken from the event."""
    facts = exchange_facts(exchange)
    if exchange.bodies_pruned_at:
        if exchange.bodies_pruned_at - exchange.finished_at < FLOOR:
            return False
        facts |= {"request": said["request"], "response": said["response"]}
    return digest_of(canonical_text(facts)) == said["digest"]


def _check_batch(after: int, last: int) -> None:
    events = AuditEvent.objects.filter(
        seq__gt=after, seq__lte=last, canonical__contains=SOME_EXCHANGE
    ).order_by("seq")
    told = [
        (seq, said)
        for seq, text in events.values_list("seq", "canonical")
        for said in json.loads(text)["exchanges"]
    ]
    kept = Exchange.objects.in_bulk([said["id"] for _seq, said in told])
    for seq, said in told:
        exchange = kept.get(said["id"])
        if exchange is None or not is_as_said(exchange, said):
            raise BadRecord(seq, Fault.EXCHANGE)
