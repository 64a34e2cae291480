"""What goes to the import API and what comes back, as plain typed values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

IMPORT_PATH = "/api/v1/custom_models/import"


@dataclass(frozen=True)
class RemoteJob:
    """An import job as DashScope describes it. Vendor page: custom-model-object-api.

    Texts are as received, except that NUL and lone surrogates, which databases refuse, are
    replaced (see answers.storable). A field that did not come is "": a get, a list and a delete
    never bring weight_type, and that is no reason to forget one.
    """

    job_id: str
    model_name: str
    """The generated id of the imported model, never the base model."""
    display_name: str
    source: str
    bucket_name: str
    object_key: str
    status: str
    """The wire word, known or not; SUCCEEDED, which one vendor page prints, reads SUCCESSED."""
    gmt_create: str
    created_at: datetime | None
    """gmt_create in UTC; None when it cannot be read as a time with an offset."""
    weight_type: str = ""
    error_code: str = ""
    """Free text: a token, or a sentence in Chinese or English."""


@dataclass(frozen=True)
class Refusal:
    """An error envelope of the API, flat or nested. Vendor page: error-code."""

    code: str
    message: str
    param: str = ""


@dataclass(frozen=True)
class Exchange:
    """One call as it went over the wire, fit to be stored: it never holds the API key."""

    method: str
    path: str
    """With the query string."""
    request_body: str = field(repr=False)
    requests_sent: int
    """How often the request began to leave: 0 or 1; 2 for a read that was tried again."""
    status_code: int | None
    """None when no status line arrived. A read that was tried again shows the last answer."""
    response_headers: Mapping[str, str]
    """Only date, content-type, retry-after, x-request-id and location, in lower case."""
    response_body: str = field(repr=False)
    """The body after any content coding, as UTF-8 with replacements (see answers.storable)."""
    response_bytes: int
    """How many bytes of body were read before its end, the size limit or the fault."""
    response_truncated: bool
    """True when response_body is not the whole body: cut at the size limit, or by a fault."""
    request_id: str
    """From the body, else from the x-request-id header, else ""."""
    started_at: datetime
    finished_at: datetime
    """started_at and the duration, by a clock that cannot be set back: never before started_at."""
    duration_ms: int
    server_date: datetime | None
    """The Date header in UTC, by which clocks that disagree can be compared."""
    retry_after_seconds: float | None
    """The Retry-After header, at most a day."""


@dataclass(frozen=True)
class CreatedJob:
    """The answer to a create: DashScope holds the job now."""

    job: RemoteJob
    exchange: Exchange


@dataclass(frozen=True)
class RemoteJobAnswer:
    """The answer to a get or a delete; after a delete the job still says its last status."""

    job: RemoteJob
    exchange: Exchange


@dataclass(frozen=True)
class JobPage:
    """One page of jobs. Jobs can shift between pages while one walks them."""

    jobs: tuple[RemoteJob, ...]
    total: int
    page_no: int
    page_size: int
    exchange: Exchange


def build_create_payload(
    *, base_model: str, display_name: str, bucket_name: str, object_key: str, weight_type: str
) -> bytes:
    """The body of a create, with the documented keys in the documented order.

    A blank display name is left out, and DashScope then uses the base model's name. Nothing is
    checked or corrected. Raises UnicodeEncodeError for a lone surrogate.
    Vendor page: create-import-job-api.
    """
    payload: dict[str, object] = {"model_name": base_model}
    if display_name.strip():
        payload["display_name"] = display_name
    payload["source"] = "oss"
    payload["weight_type"] = weight_type
    payload["storage_info"] = {"bucket_name": bucket_name, "object_key": object_key}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
