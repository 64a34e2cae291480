"""What can go wrong with a call. The one question is: may the other side have acted?

    DashScopeError          .may_have_acted
     ├── NotSent            no       no byte of the request left: send it again when you like
     ├── Rejected           no       the API itself refused, and says why in .code and .message
     │    └── Throttled     no       for now: .retry_after_seconds says for how long, if known
     └── OutcomeUnknown     perhaps  never send again on your own account: find out

Whatever is not provably one of the first three is the last one. Reads (get, list) raise the same
errors; for them "acted" means nothing worse than "answered".
"""

from enum import StrEnum
from typing import ClassVar

from jobs.dashscope.schemas import Exchange, Refusal


class Reason(StrEnum):
    """Why a call failed, as a word that is stored and therefore never renamed."""

    # Nothing left: the only reasons that NotSent knows.
    REFUSED = "refused"
    DNS = "dns"
    CONNECT_TIMEOUT = "connect_timeout"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    PROXY = "proxy"
    # The API said no.
    REJECTED = "rejected"
    THROTTLED = "throttled"
    # Something left, or may have left, and no clear answer came back.
    READ_TIMEOUT = "read_timeout"
    DEADLINE = "deadline"
    CONNECTION_LOST = "connection_lost"
    BODY_CUT = "body_cut"
    TOO_LARGE = "too_large"
    REDIRECTED = "redirected"
    SERVER_ERROR = "server_error"
    NOT_FROM_THE_API = "not_from_the_api"
    UNREADABLE_ANSWER = "unreadable_answer"
    ERROR_IN_200 = "error_in_200"
    NO_JOB_ID = "no_job_id"
    OTHER_JOB = "other_job"
    UNFORESEEN = "unforeseen"


class DashScopeError(Exception):
    """A call that brought no usable answer; always one of the subclasses drawn above."""

    may_have_acted: ClassVar[bool] = True

    def __init__(
        self,
        exchange: Exchange,
        reason: Reason,
        refusal: Refusal | None = None,
        cause: str = "",
    ) -> None:
        # Positional and complete, so that pickling restores the whole error.
        super().__init__(exchange, reason, refusal, cause)
        self.exchange = exchange
        self.reason = reason
        self.refusal = refusal
        self.cause = cause
        """The class names of what was caught, outermost first, and never their text."""

    @property
    def status_code(self) -> int | None:
        """The HTTP status; None when no status line arrived."""
        return self.exchange.status_code

    @property
    def code(self) -> str:
        """The API's code if the body held one, else "". Branch on this, not on the status."""
        return self.refusal.code if self.refusal else ""

    @property
    def message(self) -> str:
        """The API's own words if the body held any, else ""."""
        return self.refusal.message if self.refusal else ""

    @property
    def param(self) -> str:
        """The parameter that the API blames, if it names one, else ""."""
        return self.refusal.param if self.refusal else ""

    def __str__(self) -> str:
        said = f"{self.exchange.method} {self.exchange.path}: {self.reason}"
        if self.status_code is not None:
            said += f", HTTP {self.status_code}"
        if self.code:
            said += f", {self.code}: {self.message}"
        if self.exchange.request_id:
            said += f", request id {self.exchange.request_id}"
        return f"{said} ({self.cause})" if self.cause else said

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class NotSent(DashScopeError):
    """No byte of the request left this machine, so sending it again is safe."""

    may_have_acted = False


class Rejected(DashScopeError):
    """The API itself refused the request; vendor page: error-code."""

    may_have_acted = False


class Throttled(Rejected):
    """The API refused the request because of a rate or an allowance."""

    @property
    def retry_after_seconds(self) -> float | None:
        """How long the API asks to be left alone, at most a day; None when it doesn't say."""
        return self.exchange.retry_after_seconds


class OutcomeUnknown(DashScopeError):
    """The other side may have acted. Find out; never send the same create again."""
