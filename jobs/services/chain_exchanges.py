"""Checking the exchanges with DashScope against the digests that their events hold."""

import json
from collections.abc import Iterable
from datetime import timedelta

from jobs.models import Exchange
from jobs.services.audit import canonical_text, digest_of, exchange_facts

SOME_EXCHANGE = '"exchanges":[{'
# No body is removed before it is this old, whatever the settings say (services/retention.py).
FLOOR = timedelta(days=180)


def first_altered(events: Iterable[tuple[int, bytes]]) -> int | None:
    """The first of these events, by number and text, of which a kept exchange is not what it was;
    None if all are. One query."""
    told = [(seq, said) for seq, text in events for said in json.loads(text)["exchanges"]]
    kept = Exchange.objects.in_bulk([said["id"] for _seq, said in told])
    for seq, said in told:
        exchange = kept.get(said["id"])
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
