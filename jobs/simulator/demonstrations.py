"""Paths that go wrong on purpose, so that a newcomer can see each outcome.

A create call whose `object_key` has one of these names as a segment, such as
`models/demo-missing-file/`, takes the course told here; every other import succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass

from jobs.simulator.faults import Fault
from jobs.simulator.lives import MISSING_FILE


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """One name and its course: a fault on create, the error that ends the job, or a longer run."""

    segment: str
    shows: str
    fault: Fault | None = None
    error_code: str | None = None
    running_seconds: float | None = None


DEMONSTRATIONS = (
    Demonstration(
        segment="demo-missing-file",
        shows=f"The import fails with the token `{MISSING_FILE}`.",
        error_code=MISSING_FILE,
    ),
    Demonstration(
        segment="demo-oss-fetch",
        shows="The import fails with the Chinese sentence of the vendor's example.",
        error_code="OSS获取文件失败，请检查OSS内文件",
    ),
    Demonstration(
        segment="demo-slow",
        shows="The import runs for ten minutes.",
        running_seconds=600.0,
    ),
    Demonstration(
        segment="demo-denied",
        shows="The import is refused: 403 `AccessDenied`.",
        fault=Fault(
            kind="envelope",
            status=403,
            code="AccessDenied",
            message="Access denied: this API key may not import models.",
        ),
    ),
    Demonstration(
        segment="demo-arrears",
        shows="The import is refused: 400 `Arrearage`.",
        fault=Fault(
            kind="envelope",
            status=400,
            code="Arrearage",
            message="Access denied, please make sure your account is in good standing.",
        ),
    ),
    Demonstration(
        segment="demo-throttled",
        shows="The import is refused: 429 `Throttling.RateQuota` with `Retry-After`.",
        fault=Fault(kind="throttled", seconds=5),
    ),
    Demonstration(
        segment="demo-lost-answer",
        shows="The import is accepted and its answer is lost.",
        fault=Fault(kind="close", accepted=True),
    ),
    Demonstration(
        segment="demo-lost-request",
        shows="The connection closes before the import is accepted.",
        fault=Fault(kind="close"),
    ),
    Demonstration(
        segment="demo-server-error",
        shows="The import is accepted and answered with 500 `InternalError`.",
        fault=Fault(kind="envelope", status=500, accepted=True),
    ),
)
_BY_SEGMENT = {demonstration.segment: demonstration for demonstration in DEMONSTRATIONS}


def demonstration_for(object_key: str) -> Demonstration | None:
    """The demonstration that a path asks for; the first when it asks for several."""
    segments = object_key.split("/")
    return next((_BY_SEGMENT[name] for name in segments if name in _BY_SEGMENT), None)
