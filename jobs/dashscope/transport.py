"""Carries one request over and brings back what happened, whatever that is, as values."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from requests import PreparedRequest, Request

from jobs.dashscope import answers
from jobs.dashscope.calls import Call, Timeouts
from jobs.dashscope.errors import Reason
from jobs.dashscope.faults import names_of, reason_of
from jobs.dashscope.keys import ApiKey
from jobs.dashscope.schemas import Exchange
from jobs.dashscope.wire import NEVER_AGAIN, READS_AGAIN, Wire

USER_AGENT = "import-desk/0.1.0"

_KEPT_HEADERS = ("date", "content-type", "retry-after", "x-request-id", "location")
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Delivery:
    """One exchange, what its body says, and what cut it short if anything did."""

    exchange: Exchange
    document: dict[str, object]
    fault: Reason | None
    cause: str


@dataclass
class _Arrived:
    """What has arrived so far. It stays when a fault ends the rest."""

    status_code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


class Transport:
    """Sends requests with the key to one address, and keeps the key out of what it returns."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        timeouts: Timeouts,
        proxy: str | None,
        ca_bundle: str | None,
        max_body_bytes: int,
    ) -> None:
        if ca_bundle is not None and not os.path.isfile(ca_bundle):
            raise ValueError("The file with the trusted authorities does not exist.")
        self.base_url = base_url
        self._key = ApiKey(api_key)
        self._timeouts = timeouts
        self._proxies = _checked_proxies(proxy)
        self._trusted: bool | str = ca_bundle or True
        self._max_body_bytes = max_body_bytes
        self._reads = Wire(max_retries=READS_AGAIN)

    def carry(
        self, method: str, path: str, payload: bytes | None, ends_at: float | None = None
    ) -> Delivery:
        """One exchange. A GET may be tried twice; anything else leaves once, on a new connection.

        Raises nothing that the network or the other side can cause.
        """
        request = self._prepared(method, path, payload)
        arrived = _Arrived()
        fault: Reason | None = None
        cause = ""
        started_at, started = datetime.now(UTC), time.monotonic()
        with Call(self._timeouts, ends_at) as call:
            try:
                if not self._send(request, arrived):
                    fault = Reason.TOO_LARGE
            except Exception as error:
                # Every one of them, known or not: the request may have left.
                fault, cause = reason_of(error), names_of(error)
        # Asked last, because the shutdown at the deadline can look like a proper end.
        if call.expired and call.connected:
            fault = Reason.DEADLINE
        # By a clock that cannot be set back meanwhile, so that nothing ends before it starts.
        elapsed_seconds = time.monotonic() - started
        finished_at = started_at + timedelta(seconds=elapsed_seconds)
        body = bytes(arrived.body)
        document = answers.document_in(body, self._clean)
        kept = {
            name: self._clean(arrived.headers[name])
            for name in _KEPT_HEADERS
            if name in arrived.headers
        }
        server_date = answers.http_date_in(kept.get("date", ""))
        exchange = Exchange(
            method=method,
            path=self._clean(path),
            request_body=self._clean((payload or b"").decode("utf-8", "replace")),
            requests_sent=call.requests_sent,
            status_code=arrived.status_code,
            response_headers=kept,
            response_body=self._clean(body[: self._max_body_bytes].decode("utf-8", "replace")),
            response_bytes=len(body),
            response_truncated=fault is not None and arrived.status_code is not None,
            request_id=answers.request_id_in(document, kept),
            started_at=started_at,
            finished_at=finished_at,
            duration_ms=round(elapsed_seconds * 1000),
            server_date=server_date,
            retry_after_seconds=answers.wait_in(
                kept.get("retry-after", ""), now=server_date or finished_at
            ),
        )
        return Delivery(exchange, document, fault, cause)

    def close(self) -> None:
        """Close the connections that reads have kept open."""
        self._reads.close()

    def _prepared(self, method: str, path: str, payload: bytes | None) -> PreparedRequest:
        headers = {
            "Authorization": self._key.authorization(),
            "Content-Type": "application/json",
            "Accept": "application/json",
            # Plain, so that the body that is kept is the body that came.
            "Accept-Encoding": "identity",
            "User-Agent": USER_AGENT,
        }
        if method != "GET":
            headers["Connection"] = "close"
        return Request(method, self.base_url + path, headers=headers, data=payload).prepare()

    def _send(self, request: PreparedRequest, arrived: _Arrived) -> bool:
        """Whether the whole body came; False when it is larger than the limit."""
        # A connection that the other side has closed meanwhile fails like an answer that got
        # lost, so only reads, which are tried again, use one that is already open.
        wire = self._reads if request.method == "GET" else Wire(max_retries=NEVER_AGAIN)
        try:
            response = wire.send(
                request,
                stream=True,
                timeout=(self._timeouts.connect_seconds, self._timeouts.read_seconds),
                verify=self._trusted,
                proxies=self._proxies,
            )
            try:
                arrived.status_code = response.status_code
                arrived.headers = response.headers
                while room := self._max_body_bytes + 1 - len(arrived.body):
                    # One piece as it comes, so that a fault later on loses nothing.
                    piece = response.raw.read1(min(_PIECE_BYTES, room), decode_content=True)
                    if not piece:
                        return True
                    arrived.body += piece
                return False
            finally:
                response.close()
        finally:
            if wire is not self._reads:
                wire.close()

    def _clean(self, text: str) -> str:
        return self._key.cut_from(answers.storable(text))


def _checked_proxies(proxy: str | None) -> dict[str, str]:
    if proxy is None:
        return {}
    parts = urlsplit(proxy)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("The proxy must be an http or https URL with a host.")
    # Only for https: a plain address is this machine, and the key must not leave it in the clear.
    return {"https": proxy}
