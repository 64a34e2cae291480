"""The forms in which jobs are exported: what the database is to write of each, and what stands
around that."""

import csv
import io
from typing import Any, Protocol

from django.db import connection

from jobs.services.audit import canonical_text
from jobs.services.job_table import BYTE_ORDER_MARK, COLUMNS, FORMULA_SIGNS

SOURCES = {
    "job_id": "jobs_importjob.remote_job_id",
    "model_name": "jobs_importjob.generated_model_name",
    "submitted_by": "jobs_importjob.submitted_by_label",
}
# Made of digits or of words of our own, so that none can be a formula.
PLAIN = ("id", "workspace", "status", "weight_type", "origin")
TIMES = ("created_at", "finished_at", "deleted_at")
# Whatever begins with a sign is below the one or not below the other, by code point.
FIRST_LETTER, FIRST_FULL_WIDTH = "A", "\uff00"


class Form(Protocol):
    """What distinguishes one from the other. The last line tells how many jobs there were, and
    the SHA-256 of all before it, so that a file that was cut off is known as such."""

    content_type: str
    head: str
    copied_as: str  # PostgreSQL's name for what COPY is to write

    def selected(self) -> str:
        """What a query has to select: columns, as SQL."""

    def of_copied(self, piece: bytes) -> bytes:
        """Whole lines from what PostgreSQL wrote."""

    def of_rows(self, rows: list[tuple[Any, ...]]) -> str:
        """Whole lines from SQLite's rows."""

    def end(self, count: int, digest: str) -> str:
        """The last line."""


class _Csv:
    """For spreadsheets: no cell is taken for a formula."""

    content_type = "text/csv; charset=utf-8"
    head = f"{BYTE_ORDER_MARK}{','.join(COLUMNS)}\n"
    copied_as = "csv"

    def selected(self) -> str:
        return ", ".join(_cell(name) for name in COLUMNS)

    def of_copied(self, piece: bytes) -> bytes:
        return piece

    def of_rows(self, rows: list[tuple[Any, ...]]) -> str:
        text = _csv_of(rows, csv.QUOTE_MINIMAL)
        # Python's writer leaves it bare where lines end otherwise, and no reader likes it.
        return _csv_of(rows, csv.QUOTE_ALL) if "\r" in text else text

    def end(self, count: int, digest: str) -> str:
        return f"end,{count},{digest}\n"


class _JsonLines:
    """For programs: an object a line, with every text as it is."""

    content_type = "application/jsonl; charset=utf-8"
    head = ""
    copied_as = "text"

    def selected(self) -> str:
        pairs = ", ".join(f"'{name}', {_value(name)}" for name in COLUMNS)
        function = {"postgresql": "json_build_object", "sqlite": "json_object"}
        return f"{function[connection.vendor]}({pairs})"

    def of_copied(self, piece: bytes) -> bytes:
        # COPY doubles backslashes; of what else it would change, JSON holds nothing.
        return piece.replace(b"\\\\", b"\\")

    def of_rows(self, rows: list[tuple[Any, ...]]) -> str:
        return "".join(f"{text}\n" for (text,) in rows)

    def end(self, count: int, digest: str) -> str:
        return f"{canonical_text({'end': True, 'count': count, 'sha256': digest})}\n"


FORMS: dict[str, Form] = {"csv": _Csv(), "jsonl": _JsonLines()}


def _source(name: str) -> str:
    if name == "workspace":
        return _SLUG[connection.vendor]
    return SOURCES.get(name, f"jobs_importjob.{name}")


def _value(name: str) -> str:
    return (
        _JSON_TIME[connection.vendor].format(column=_source(name))
        if name in TIMES
        else (_source(name))
    )


def _cell(name: str) -> str:
    column = _source(name)
    if name in PLAIN:
        return column
    if name in TIMES:
        return _TIME[connection.vendor].format(column=column)
    signs = ", ".join(f"'{sign}'" for sign in FORMULA_SIGNS)
    # Most cells begin with a letter, and are looked at once.
    letter = _BEGINS_WITH_LETTER[connection.vendor].format(column=column)
    return (
        f"CASE WHEN {letter} THEN {column} WHEN {column} = '' THEN NULL "
        f"WHEN substr(ltrim({column}, ' '), 1, 1) IN ({signs}) THEN '''' || {column} "
        f"ELSE {column} END"
    )


_MIDDLE = (ord(FIRST_LETTER) + ord(FIRST_FULL_WIDTH) - 1) // 2
_BEGINS_WITH_LETTER = {
    # One comparison for both: its two take a tenth of the whole.
    "postgresql": f"abs(ascii({{column}}) - {_MIDDLE}) <= {_MIDDLE - ord(FIRST_LETTER)}",
    "sqlite": f"{{column}} >= '{FIRST_LETTER}' AND {{column}} < '{FIRST_FULL_WIDTH}'",
}
# For PostgreSQL a join costs twice as much as looking the few workspaces up in what it has made
# of them once.
_SLUG = {
    "postgresql": "((SELECT jsonb_object_agg(id, slug) FROM jobs_workspace) "
    "->> jobs_importjob.workspace_id::text)",
    "sqlite": "(SELECT slug FROM jobs_workspace WHERE id = jobs_importjob.workspace_id)",
}
# In UTC, to the second; PostgreSQL writes a time as it stands in half the time of any other form.
_TIME = {
    "postgresql": "{column}::timestamptz(0)",
    "sqlite": "substr({column}, 1, 19) || '+00'",
}
_JSON_TIME = {
    "postgresql": _TIME["postgresql"],
    "sqlite": "replace(substr({column}, 1, 19), ' ', 'T') || '+00:00'",
}


def _csv_of(rows: list[tuple[Any, ...]], quoting: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(rows)
    return text.getvalue()
