"""What a request says: which call it is, about which job, with which texts."""

from __future__ import annotations

import json
import urllib.parse
from typing import TYPE_CHECKING, Any

from jobs.simulator.connection import HEADERS
from jobs.simulator.keys import without_key

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

IMPORT_PATH = "/api/v1/custom_models/import"
_CALLS = {
    ("POST", False): "create",
    ("GET", False): "list",
    ("GET", True): "get",
    ("DELETE", True): "delete",
}


def path_of(environ: WSGIEnvironment) -> str:
    """The path, unquoted and as text."""
    return str(environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")


def body_of(environ: WSGIEnvironment) -> bytes:
    """The body as far as Content-Length announces it, whole."""
    length = environ.get("CONTENT_LENGTH") or "0"
    body: bytes = environ["wsgi.input"].read(int(length)) if is_number(length) else b""
    return body


def headers_of(environ: WSGIEnvironment) -> tuple[tuple[str, str], ...]:
    """The headers, with a digest in place of the key."""
    headers = environ.get(HEADERS)
    if headers is None:
        names = [key for key in environ if key.startswith("HTTP_")]
        headers = [(key.removeprefix("HTTP_").replace("_", "-"), environ[key]) for key in names]
    return tuple(
        (name, without_key(value) if name.lower() == "authorization" else value)
        for name, value in headers
    )


def query_of(text: str) -> dict[str, str]:
    """The query's parameters; of one given twice, the last."""
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))


def call_of(method: str, path: str) -> str:
    """The name of the call: create, get, list, delete or other."""
    if path != IMPORT_PATH and not job_id_in(path):
        return "other"
    return _CALLS.get((method, path != IMPORT_PATH), "other")


def job_id_in(path: str) -> str:
    """What stands behind the import path; empty when nothing does."""
    before, _, job_id = path.partition(f"{IMPORT_PATH}/")
    return "" if before else job_id


def display_name_and_object_key(body: bytes) -> tuple[str, str]:
    """Those two of a create call that need not be valid; empty for what is not there."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    return _text(fields, "display_name"), _text(_value(fields, "storage_info"), "object_key")


def is_number(text: str) -> bool:
    """Whether a text is a whole number of at most nine digits."""
    return text.isascii() and text.isdigit() and len(text) < 10


def _value(fields: Any, name: str) -> Any:
    return fields.get(name) if isinstance(fields, dict) else None


def _text(fields: Any, name: str) -> str:
    value = _value(fields, name)
    return value if isinstance(value, str) else ""
