"""Reads what the API answers, in every shape it is known to take. Nothing here raises."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from jobs.dashscope.schemas import Exchange, JobPage, Refusal, RemoteJob

LONGEST_WORD = 200
"""Request ids and codes are cut to this many characters; a longer job_id is no job_id."""

LONGEST_WAIT_SECONDS = 86_400
LARGEST_COUNT = 2**31 - 1

# Documented at 5xx. On any other status they still don't say that nothing was done.
# Vendor page: error-code.
UNCERTAIN_CODES = re.compile(
    r"InternalError(\..*)?|SystemError|RequestTimeOut|ModelServingError|ModelUnavailable"
)

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with NUL shown as ␀ (U+2400) and lone surrogates as U+FFFD.

    PostgreSQL stores no NUL, and a lone surrogate has no UTF-8.
    """
    return _LONE_SURROGATE.sub("\ufffd", text.replace("\x00", "\u2400"))


def is_job_id(value: object) -> bool:
    """Whether this can be a job_id: opaque, but printable and a path segment of its own."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_WORD
        and value.isprintable()
        and value == value.strip()
        and value not in {".", ".."}
        and "\ufffd" not in value
    )


def document_in(body: bytes, clean: Callable[[str], str]) -> dict[str, object]:
    """The JSON object that the body is, its strings cleaned; empty when it is anything else.

    Broken UTF-8 inside a string is replaced, because a mangled message must not hide a job_id.
    A job_id that cleaning would alter is dropped: altered, it would name another job.
    """

    def cleaned(members: list[tuple[str, object]]) -> dict[str, object]:
        document: dict[str, object] = {}
        for name, value in members:
            if isinstance(value, str):
                document[name] = clean(value)
                if name == "job_id" and document[name] != value:
                    del document[name]
            else:
                document[name] = value
        return document

    try:
        document = json.loads(body.decode("utf-8-sig", "replace"), object_pairs_hook=cleaned)
    except (ValueError, RecursionError):
        return {}
    return _object(document)


def output_in(document: Mapping[str, object]) -> dict[str, object]:
    """The `output` object; empty when there is none, as in every refusal."""
    return _object(document.get("output"))


def refusal_in(document: Mapping[str, object]) -> Refusal | None:
    """The error envelope, flat or nested like OpenAI's; None without a code.

    A nested one may name only a type, which then stands for the code.
    """
    nested = _object(document.get("error"))
    code = _word(document.get("code")) or _word(nested.get("code")) or _word(nested.get("type"))
    if not code:
        return None
    return Refusal(
        code=code,
        message=_text(document.get("message")) or _text(nested.get("message")),
        param=_word(document.get("param")) or _word(nested.get("param")),
    )


def request_id_in(document: Mapping[str, object], headers: Mapping[str, str]) -> str:
    """The request id of the body, else of the x-request-id header, else ""."""
    return _word(document.get("request_id")) or _word(headers.get("x-request-id"))


def job_in(output: Mapping[str, object]) -> RemoteJob | None:
    """The job that an `output` or a list row describes; None without a usable job_id."""
    job_id = output.get("job_id")
    if not is_job_id(job_id):
        return None
    storage = _object(output.get("storage_info"))
    gmt_create = _text(output.get("gmt_create"))
    return RemoteJob(
        job_id=_text(job_id),
        model_name=_text(output.get("model_name")),
        display_name=_text(output.get("display_name")),
        source=_text(output.get("source")),
        bucket_name=_text(storage.get("bucket_name")),
        object_key=_text(storage.get("object_key")),
        status=wire_status(_text(output.get("status"))),
        gmt_create=gmt_create,
        created_at=time_in(gmt_create),
        weight_type=_text(output.get("weight_type")),
        error_code=_text(output.get("error_code")),
    )


def page_in(document: Mapping[str, object], exchange: Exchange) -> JobPage | None:
    """The page that a list answer is; None when a row is no job or a count is missing."""
    output = output_in(document)
    rows = output.get("list")
    if not isinstance(rows, list):
        return None
    jobs = tuple(job for row in rows if (job := job_in(_object(row))))
    total, page_no, page_size = (
        _count(output.get(name)) for name in ("total", "page_no", "page_size")
    )
    if len(jobs) != len(rows) or total is None or page_no is None or page_size is None:
        return None
    return JobPage(jobs, total, page_no, page_size, exchange)


def wire_status(status: str) -> str:
    """The status as the API spells it: one vendor page prints SUCCEEDED, no answer does."""
    return "SUCCESSED" if status == "SUCCEEDED" else status


def time_in(text: str) -> datetime | None:
    """An ISO 8601 time with an offset, in UTC; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def http_date_in(text: str) -> datetime | None:
    """An HTTP date in UTC; None for anything else."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def wait_in(text: str, *, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or a date, at most a day."""
    if text.isdecimal() and len(text) < 10:
        return float(min(int(text), LONGEST_WAIT_SECONDS))
    until = http_date_in(text)
    if until is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), float(LONGEST_WAIT_SECONDS))


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _word(value: object) -> str:
    return _text(value).strip()[:LONGEST_WORD]


def _count(value: object) -> int | None:
    # A count beyond 32 bits is no count, and bool is an int in Python alone.
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= LARGEST_COUNT else None
