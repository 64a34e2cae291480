"""What may be done to an export, each with the number of the first record that it spoils."""

import json
from collections.abc import Callable
from typing import Any

from jobs.services import audit

Events = list[dict[str, Any]]


def shown(events: Events) -> dict[str, Any]:
    """The shown event whose reason the tests like to change."""
    return next(event for event in events if "new weights" in event.get("text", ""))


def edit(name: str, value: Any) -> Callable[[Events], int]:
    def change(events: Events) -> int:
        event = shown(events)
        number = event["seq"]
        event[name] = value(event[name])
        return int(number)

    return change


def edit_exchange(place: str, name: str, value: Any) -> Callable[[Events], int]:
    def change(events: Events) -> int:
        event = next(event for event in events if event.get("exchanges"))
        target = event["exchanges"][0] if place == "bodies" else event["exchanges"][0]["facts"]
        target[name] = value
        return int(event["seq"])

    return change


def delete(events: Events) -> int:
    return int(events.pop(4)["seq"])


def insert(events: Events) -> int:
    events.insert(5, dict(events[4]))
    return 6


def swap(events: Events) -> int:
    events[4], events[5] = events[5], events[4]
    return 5


def swap_all_but_numbers(events: Events) -> int:
    events[4], events[5] = events[5] | {"seq": 5}, events[4] | {"seq": 6}
    return 5


def reverse(events: Events) -> int:
    events.reverse()
    return 1


def cut(events: Events) -> int:
    del events[-2:]
    return len(events) + 1


def drop_exchange(events: Events) -> int:
    event = next(event for event in events if event.get("exchanges"))
    event["exchanges"].pop()
    return int(event["seq"])


def reveal_falsely(events: Events) -> int:
    """A hidden event, shown as something that it is not."""
    hidden = next(event for event in events if "text" not in event)
    content = json.loads(events[0]["text"])
    content["about"]["seq"] = hidden["seq"]
    del hidden["digest"]
    hidden |= {"text": audit.canonical_text(content), "personal": {}, "exchanges": []}
    return int(hidden["seq"])


def hide_another(events: Events) -> int:
    """A hidden event's digest, replaced by that of another."""
    hidden = [event for event in events if "text" not in event]
    hidden[0]["digest"] = hidden[1]["digest"]
    return int(hidden[0]["seq"])


MUTATIONS = {
    "edit the text": edit("text", lambda text: text.replace("new weights", "old weights")),
    "write the text otherwise": edit("text", lambda text: text.replace(":", ": ")),
    "edit a hash": edit("hash", lambda hash_: hash_[::-1]),
    "edit a number": edit("seq", lambda seq: seq + 100),
    "edit a personal value": edit(
        "personal", lambda p: p | {"actor": {"salt": p["actor"]["salt"], "value": "Mallory"}}
    ),
    "add a personal value": edit("personal", lambda p: p | {"more": {"salt": "", "value": ""}}),
    "leave the personal values out": edit("personal", lambda _: None),
    "edit a response": edit_exchange("bodies", "response_body", "{}"),
    "edit a request": edit_exchange("bodies", "request_body", "{}"),
    "hide a response": edit_exchange("bodies", "response_body", None),
    "edit a status": edit_exchange("facts", "status_code", 500),
    "edit the digest of a body": edit_exchange("facts", "response", "0" * 64),
    "leave an exchange out": drop_exchange,
    "delete": delete,
    "insert": insert,
    "swap": swap,
    "swap all but numbers": swap_all_but_numbers,
    "reverse": reverse,
    "cut the end": cut,
    "reveal a hidden event falsely": reveal_falsely,
    "swap a hidden event": hide_another,
}
