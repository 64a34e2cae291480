"""Jobs as a table for a spreadsheet: CSV whose cells no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from jobs.models import ImportJob

COLUMNS = (
    "id",
    "workspace",
    "status",
    "display_name",
    "base_model",
    "weight_type",
    "bucket_name",
    "object_key",
    "job_id",
    "model_name",
    "submitted_by",
    "origin",
    "created_at",
    "finished_at",
    "deleted_at",
    "error_code",
    "error_message",
    "request_id",
)
# Excel reads a file as UTF-8 only when it begins with this.
BYTE_ORDER_MARK = "\ufeff"
# A cell that begins with one of these is run, not shown (OWASP: CSV injection).
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def lines(jobs: Iterable[ImportJob]) -> Iterator[str]:
    """The table, a line at a time, headings first. The jobs' workspaces have to be selected."""
    yield BYTE_ORDER_MARK + _line(COLUMNS)
    for job in jobs:
        yield _line(_cells(job))


def safe(cell: str) -> str:
    """The cell with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_SIGNS) else cell


def _cells(job: ImportJob) -> list[str]:
    return [
        str(job.pk),
        job.workspace.slug,
        job.status,
        job.display_name,
        job.base_model,
        job.weight_type,
        job.bucket_name,
        job.object_key,
        job.remote_job_id,
        job.generated_model_name,
        job.submitted_by_label,
        job.origin,
        _time(job.created_at),
        _time(job.finished_at),
        _time(job.deleted_at),
        job.error_code,
        job.error_message,
        job.request_id,
    ]


def _time(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([safe(cell) for cell in cells])
    return line.getvalue()
