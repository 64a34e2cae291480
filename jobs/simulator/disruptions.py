"""What each named fault does to an answer, or to the socket in place of one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from jobs.simulator.answers import (
    Answer,
    AnswerWithheldError,
    enveloped,
    html,
    refused,
)
from jobs.simulator.connection import Connection
from jobs.simulator.faults import Fault, PlannedFault

POLL_SECONDS = 0.02
FEW_BYTES = 64


def disrupt(
    planned: PlannedFault,
    answer: Answer | None,
    *,
    address: str,
    act: Callable[[], Answer],
    connection: Connection,
) -> Answer:
    """The answer to give under a fault; `answer` is the honest one of a call acted on before.

    `act` acts on the call now, for what only waited; `address` is where a redirect points.
    Raises AnswerWithheldError when nothing is to follow what was sent raw.
    """
    fault = planned.fault
    if fault.kind in ("hang", "slow"):
        over = connection.is_over if fault.kind == "hang" else connection.server_is_ending
        _wait(planned, over)
        return answer or act()
    if fault.kind == "redirect":
        return Answer(fault.status or 307, (("Content-Type", "text/html"), ("Location", address)))
    if fault.kind in INSTEAD:
        return INSTEAD[fault.kind](fault)
    honest = answer or Answer(200)
    if fault.kind in SPOILT:
        return SPOILT[fault.kind](fault, honest)
    for piece in RAW[fault.kind](planned, honest, connection):
        connection.send(piece)
    if fault.kind.startswith("reset"):
        connection.reset()
    raise AnswerWithheldError


def _wait(planned: PlannedFault, over: Callable[[], bool]) -> None:
    seconds = planned.fault.seconds
    ends_at = float("inf") if seconds is None else time.monotonic() + seconds
    while not planned.released.wait(POLL_SECONDS):
        if over():
            raise AnswerWithheldError
        if time.monotonic() >= ends_at:
            return
    if planned.withdrawn:
        raise AnswerWithheldError


def _envelope(fault: Fault) -> Answer:
    return refused(
        500 if fault.status is None else fault.status,
        fault.code or "InternalError",
        fault.message or "An internal error has occurred, please try again later.",
    )


def _nested_error(fault: Fault) -> Answer:
    code = fault.code or "invalid_request_error"
    message = fault.message or "The request is not valid."
    error = {"message": message, "type": code, "code": code, "param": None}
    return enveloped(fault.status or 400, {"error": error})


def _throttled(fault: Fault) -> Answer:
    answer = refused(
        429,
        fault.code or "Throttling.RateQuota",
        fault.message or "Requests rate limit exceeded, please try again later.",
    )
    return answer.with_headers(("Retry-After", str(int(fault.seconds or 1))))


INSTEAD: dict[str, Callable[[Fault], Answer]] = {
    "envelope": _envelope,
    "nested_error": _nested_error,
    "throttled": _throttled,
    "html": lambda fault: html(fault.status or 502),
    "empty": lambda fault: Answer(fault.status or 200, (("Content-Type", "application/json"),)),
}


def _edited(answer: Answer, edit: Callable[[dict[str, Any]], None]) -> Answer:
    content = json.loads(answer.body)
    edit(content)
    return Answer(answer.status, answer.headers, json.dumps(content, ensure_ascii=False).encode())


def _without_job_id(_: Fault, answer: Answer) -> Answer:
    return _edited(answer, lambda content: content.get("output", {}).pop("job_id", None))


def _without_request_id(_: Fault, answer: Answer) -> Answer:
    headers = tuple(header for header in answer.headers if header[0] != "x-request-id")
    return _edited(
        Answer(answer.status, headers, answer.body), lambda content: content.pop("request_id")
    )


def _with_rows(
    answer: Answer, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> Answer:
    def edit(content: dict[str, Any]) -> None:
        if "output" in content:
            content["output"]["list"] = change(content["output"]["list"])

    return _edited(answer, edit)


SPOILT: dict[str, Callable[[Fault, Answer], Answer]] = {
    "broken_gzip": lambda _, answer: answer.with_headers(("Content-Encoding", "gzip")),
    "unreadable": lambda _, answer: Answer(
        answer.status, answer.headers, answer.body[: len(answer.body) // 2]
    ),
    "no_job_id": _without_job_id,
    "no_request_id": _without_request_id,
    "row_added": lambda _, answer: answer,
    "row_removed": lambda _, answer: answer,
    "repeated_rows": lambda _, answer: _with_rows(answer, lambda rows: rows[:1] + rows),
    "unknown_status": lambda fault, answer: _with_rows(
        answer, lambda rows: [{**row, "status": fault.status_word} for row in rows]
    ),
    "sparse_rows": lambda _, answer: _with_rows(
        answer, lambda rows: [{"job_id": row["job_id"], "status": row["status"]} for row in rows]
    ),
}


def _head(answer: Answer, *headers: tuple[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {answer.status_line}"]
    lines += [f"{name}: {value}" for name, value in (*answer.headers, *headers)]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


def _with_length(answer: Answer, more: int = 0) -> bytes:
    return _head(answer, ("Content-Length", str(len(answer.body) + more)))


def _dripped(planned: PlannedFault, answer: Answer, connection: Connection) -> Iterable[bytes]:
    yield _with_length(answer)
    for position in range(len(answer.body)):
        _wait(planned, connection.is_over)
        yield answer.body[position : position + 1]


def _endless(planned: PlannedFault, answer: Answer, _: Connection) -> Iterable[bytes]:
    yield _head(answer, ("Content-Type", "application/json"))
    while not planned.withdrawn:
        yield b" " * 65536


def _truncated_chunks(_: PlannedFault, answer: Answer, __: Connection) -> Iterable[bytes]:
    yield _head(answer, ("Transfer-Encoding", "chunked"))
    half = answer.body[: len(answer.body) // 2]
    yield f"{len(half):x}\r\n".encode() + half + b"\r\n"


RAW: dict[str, Callable[[PlannedFault, Answer, Connection], Iterable[bytes]]] = {
    "reset": lambda _, answer, __: (),
    "close": lambda _, answer, __: (),
    "garbage": lambda _, answer, __: (b"\x16\x03\x01 this is no HTTP at all\r\n\r\n",),
    "many_headers": lambda _, answer, __: (
        _head(answer, *((f"X-Header-{number}", "1") for number in range(200))),
    ),
    "long_header": lambda _, answer, __: (_head(answer, ("X-Long", "1" * 100_000)),),
    "endless": _endless,
    "truncated": lambda _, answer, __: (_with_length(answer, FEW_BYTES), answer.body),
    "truncated_chunks": _truncated_chunks,
    "reset_amid_body": lambda _, answer, __: (
        _with_length(answer),
        answer.body[: len(answer.body) // 2],
    ),
    "drip": _dripped,
}
