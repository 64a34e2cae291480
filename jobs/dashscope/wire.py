"""The way to the other side: connections that know which call they serve.

An adapter of `requests` is used without its Session. A Session follows redirects, and even when
told not to it reads the whole body of one, however large; it replaces the Authorization header
when a .netrc names the host, takes proxies from the environment, and keeps cookies. An adapter
does none of these.
"""

import logging
import socket
from threading import Thread
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.retry import Retry

from jobs.dashscope.calls import Call

# These two warnings quote what the other side sent, and that may echo the request with its key.
# What they tell is in the exchange.
_QUOTING = ("Failed to parse headers", "Retrying (")
for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(lambda record: not str(record.msg).startswith(_QUOTING))

_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


class _Watched(HTTPConnection):
    """A connection whose socket the current call can shut down."""

    def _new_conn(self) -> socket.socket:
        call = Call.current()
        failure: OSError = TimeoutError("the deadline of the call has passed")
        for family, kind, protocol, _, address in self._addresses():
            wait = call.connect_seconds()
            if not wait:
                break
            try:
                line = socket.socket(family, kind, protocol)
            except OSError as error:
                # This machine has no such protocol; the next address may be of another.
                failure = error
                continue
            try:
                for option in self.socket_options or ():
                    line.setsockopt(*option)
                line.settimeout(wait)
                line.connect(address)
            except OSError as error:
                failure = error
                line.close()
                continue
            call.watch(line)
            return line
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, "No connection in time.") from failure
        raise NewConnectionError(self, "No connection.") from failure

    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        """The moment before the request leaves: connections and tunnels come before it."""
        if self.sock is None:
            self.connect()
        call = Call.current()
        if call.expired:
            raise ConnectTimeoutError(self, "The deadline passed before the request left.")
        # A connection kept from an earlier call has not been watched by this one yet.
        call.watch(self.sock)
        call.requests_sent += 1
        super().endheaders(message_body, encode_chunked=encode_chunked)

    def _addresses(self) -> list[_Address]:
        # Nothing interrupts a look-up, so it may outlive the wait. It sends nothing but itself.
        found: list[_Address] = []
        failures: list[Exception] = [socket.gaierror(socket.EAI_AGAIN, "no answer in time")]

        def look_up() -> None:
            try:
                found.extend(socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                failures.append(error)

        wait = Call.current().connect_seconds()
        if not wait:
            return []
        thread = Thread(target=look_up, daemon=True)
        thread.start()
        thread.join(wait)
        if not found:
            raise NameResolutionError(self.host, self, socket.gaierror(str(failures[-1])))
        return found


class _WatchedTLS(_Watched, HTTPSConnection):
    """The same over TLS."""


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _WatchedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


_POOLS = {"http": _WatchedPool, "https": _WatchedTLSPool}


class Wire(HTTPAdapter):
    """Sends one prepared request inside the current call, over watched connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


NEVER_AGAIN = Retry(0, read=False)

# Once, and at once: it mends a connection that was closed meanwhile and a gateway's hiccup, and
# whoever follows jobs comes back within seconds anyway. Not after a 429, which asks for longer
# than a call lasts, nor after an answer that breaks off behind its status line.
READS_AGAIN = Retry(
    total=1,
    allowed_methods=frozenset({"GET"}),
    status_forcelist=frozenset({502, 503, 504}),
    respect_retry_after_header=False,
    raise_on_status=False,
)
