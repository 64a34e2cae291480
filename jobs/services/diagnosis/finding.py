"""One thing that was looked at."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class State(StrEnum):
    """How it is; `FAILED` alone breaks a promise."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do unless it is well."""

    state: State
    subject: str
    told: str
    advice: str = ""

    @classmethod
    def ok(cls, subject: str, told: str) -> Self:
        """It is as it should be."""
        return cls(State.OK, subject, told)

    @classmethod
    def warning(cls, subject: str, told: str, advice: str = "") -> Self:
        """It works, but not as it should."""
        return cls(State.WARNING, subject, told, advice)

    @classmethod
    def failed(cls, subject: str, told: str, advice: str = "") -> Self:
        """It does not work."""
        return cls(State.FAILED, subject, told, advice)
