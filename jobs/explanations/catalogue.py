"""The catalogue, read from the TOML files in entries/ and checked while it is read.

A new explanation is a new [[explanations]] table in the file of its subject; nothing else changes.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.explanations.text import Text

CALLS = ("create", "get", "list", "delete", "import", "desk")
# In this order: for a code, the first entry that fits is taken.
SUBJECTS = ("access", "billing", "limits", "request", "server", "network", "desk", "import")
DIRECTORY = Path(__file__).with_name("entries")


@dataclass(frozen=True)
class Retry:
    """A verdict on trying again, with its words."""

    retry_safe: bool | None
    heals_by_waiting: bool
    text: Text


@dataclass(frozen=True)
class Closing:
    """The sentence that ends a cause for one call, and the verdict that usually goes with it."""

    text: Text
    retry: str


@dataclass(frozen=True)
class Entry:
    """One explanation as written in the catalogue, for one or more calls.

    It is for answers with one of `codes`, outcomes with one of `reasons`, or, with neither, any
    answer to its calls. `names` and `patterns` are sought in the message or error_code text.
    """

    name: str
    calls: tuple[str, ...]
    codes: tuple[str, ...]
    reasons: tuple[str, ...]
    region: str
    names: re.Pattern[str] | None
    patterns: re.Pattern[str] | None
    closing: str
    retry: str
    page: str
    setting: str
    title: Text
    cause: Text
    fix: Text


def _text(table: dict[str, Any], part: str) -> Text:
    return Text(en=table["en"].pop(part), zh=table["zh"].pop(part))


def _any_of(patterns: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


def entry_of(table: dict[str, Any]) -> Entry:
    """The entry that a TOML table describes. Raises KeyError or ValueError if it is not whole."""
    entry = Entry(
        name=table.pop("name"),
        calls=tuple(table.pop("calls")),
        codes=tuple(table.pop("codes", ())),
        reasons=tuple(table.pop("reasons", ())),
        region=table.pop("region", ""),
        names=_any_of(table.pop("names", [])),
        patterns=_any_of(table.pop("patterns", [])),
        closing=table.pop("closing", ""),
        retry=table.pop("retry", ""),
        page=table.pop("link"),
        setting=table.pop("setting", ""),
        title=_text(table, "title"),
        cause=_text(table, "cause"),
        fix=_text(table, "fix"),
    )
    if table != {"en": {}, "zh": {}}:
        raise ValueError(f"{entry.name} has keys that mean nothing: {table}")
    return entry


def _tables(subject: str) -> dict[str, Any]:
    return tomllib.loads((DIRECTORY / f"{subject}.toml").read_text(encoding="utf-8"))


def _entries(*subjects: str) -> Iterator[Entry]:
    for subject in subjects:
        for table in _tables(subject)["explanations"]:
            yield entry_of(table)


_ENDINGS = _tables("endings")

RETRIES: dict[str, Retry] = {
    name: Retry(
        retry_safe=table.get("retry_safe"),
        heals_by_waiting=table["heals_by_waiting"],
        text=Text(en=table["en"], zh=table["zh"]),
    )
    for name, table in _ENDINGS["retries"].items()
}
CLOSINGS: dict[tuple[str, str], Closing] = {
    (name, call): Closing(text=Text(en=table["en"], zh=table["zh"]), retry=table["retry"])
    for name, calls in _ENDINGS["closings"].items()
    for call, table in calls.items()
}
ENTRIES: tuple[Entry, ...] = tuple(_entries(*SUBJECTS))
FALLBACKS: tuple[Entry, ...] = tuple(_entries("unknown"))
