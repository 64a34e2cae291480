"""From what the network libraries raise to the word that says what happened."""

import ssl
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    InvalidHeader,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from jobs.dashscope.errors import Reason

NOTHING_LEFT = frozenset(
    {
        Reason.REFUSED,
        Reason.DNS,
        Reason.CONNECT_TIMEOUT,
        Reason.UNREACHABLE,
        Reason.CERTIFICATE,
        Reason.PROXY,
    }
)
"""Proof that nothing was sent, as long as the call counted no request.

A TLS handshake that stalls or is cut is not among them. `requests` reports it as it reports
silence after a request, and it is treated as that: unknown.
"""

# The first row with a class that occurs among the causes decides.
_REASONS: tuple[tuple[type[BaseException], Reason], ...] = (
    (ProxyError, Reason.PROXY),
    (NameResolutionError, Reason.DNS),
    (ConnectionRefusedError, Reason.REFUSED),
    (NewConnectionError, Reason.UNREACHABLE),
    (ConnectTimeoutError, Reason.CONNECT_TIMEOUT),
    (ssl.SSLCertVerificationError, Reason.CERTIFICATE),
    (ReadTimeoutError, Reason.READ_TIMEOUT),
    (IncompleteRead, Reason.BODY_CUT),
    (DecodeError, Reason.UNREADABLE_ANSWER),
    (InvalidHeader, Reason.UNREADABLE_ANSWER),
    (RemoteDisconnected, Reason.CONNECTION_LOST),
    (HTTPException, Reason.UNREADABLE_ANSWER),
    (SSLError, Reason.CONNECTION_LOST),
    (ProtocolError, Reason.CONNECTION_LOST),
    (OSError, Reason.CONNECTION_LOST),
)


def reason_of(error: BaseException) -> Reason:
    """The word for a failure; UNFORESEEN for one that no row knows."""
    causes = tuple(_causes(error))
    for kind, reason in _REASONS:
        if any(isinstance(cause, kind) for cause in causes):
            return reason
    return Reason.UNFORESEEN


def names_of(error: BaseException) -> str:
    """The class names of a failure and its causes. Texts are left out: they may quote headers."""
    return " < ".join(dict.fromkeys(type(cause).__name__ for cause in _causes(error)))


def _causes(error: BaseException) -> Iterator[BaseException]:
    waiting: list[object] = [error]
    seen: list[object] = []
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or cause in seen:
            continue
        seen.append(cause)
        yield cause
        waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
