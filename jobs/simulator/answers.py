"""Answers in the documented envelopes. Vendor pages: custom-model-object-api, error-code."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, whole, before anything on the way spoils it."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def status_line(self) -> str:
        """The number and its phrase, such as `404 Not Found`."""
        return f"{self.status} {http.client.responses.get(self.status, 'Unknown')}"

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        """The same answer with these headers put last."""
        return Answer(self.status, (*self.headers, *headers), self.body)


class RefusedError(Exception):
    """The API says no."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = refused(status, code, message)


class AnswerWithheldError(ConnectionAbortedError):
    """No answer is to be given; a WSGI server takes it for a client that has gone."""


def success(output: Mapping[str, Any]) -> Answer:
    """A 200 with `output` in the envelope of a success."""
    return enveloped(200, {"output": output})


def refused(status: int, code: str, message: str) -> Answer:
    """The flat envelope of an error: request_id, code, message."""
    return enveloped(status, {"code": code, "message": message})


def enveloped(status: int, content: Mapping[str, Any]) -> Answer:
    """JSON with a fresh request id, in the body and in the `x-request-id` header."""
    request_id = str(uuid.uuid4())
    text = json.dumps({"request_id": request_id, **content}, ensure_ascii=False)
    headers = (("Content-Type", "application/json"), ("x-request-id", request_id))
    return Answer(status, headers, text.encode())


def html(status: int) -> Answer:
    """The page of a gateway that stands before the API and knows nothing of its envelopes."""
    phrase = http.client.responses.get(status, "Unknown")
    text = (
        f"<html><head><title>{status} {phrase}</title></head>"
        f"<body><center><h1>{status} {phrase}</h1></center><hr>"
        "<script>document.title = 'spoilt'</script></body></html>"
    )
    return Answer(status, (("Content-Type", "text/html; charset=utf-8"),), text.encode())
