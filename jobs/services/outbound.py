"""Posting to addresses that people typed in: to public machines alone, and nowhere else on.

The name is looked up once, and the connection goes to the very address that was checked, so
that a name that changes its mind in between leads nowhere. Redirects are not followed, proxies
of the environment not used, and the whole call has a deadline and the answer a size.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

TOTAL_SECONDS = 10.0
CONNECT_SECONDS = 5.0
LONGEST_ANSWER = 64 * 1024
# IPv4 addresses inside IPv6 ones, as translators between the two write them (RFC 6052).
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    """What the other side said, as far as it was read."""

    status: int
    body: str


class OutboundError(Exception):
    """Nothing usable came of it; the text says what happened, without the address's secrets."""


class ForbiddenAddressError(OutboundError):
    """The address is not one that this server may be made to call."""


def check(url: str) -> str:
    """The host of an address that may be called as far as its text tells. Raises
    ForbiddenAddressError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ForbiddenAddressError("this is not an address") from None
    host = parts.hostname or ""
    if not host or not url.isascii() or any(character <= " " for character in url):
        raise ForbiddenAddressError("this is not an address")
    if parts.username is not None or parts.fragment:
        raise ForbiddenAddressError("an address with a user name or a fragment is not called")
    if host in private_hosts():
        if parts.scheme in ("http", "https"):
            return host
    elif parts.scheme == "https" and port in (None, 443):
        return host
    raise ForbiddenAddressError("only https on its usual port is called")


def private_hosts() -> frozenset[str]:
    """The hosts that the operator lets this server call though they are not public."""
    return frozenset(settings.NOTICE_PRIVATE_HOSTS)


def post(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Post once. Raises OutboundError; what the other side did is then not known."""
    host = check(url)
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Connection(host, parts.port, secure=parts.scheme == "https")
    # A timeout counts from byte to byte; this ends the whole call.
    deadline = threading.Timer(TOTAL_SECONDS, connection.cut)
    deadline.start()
    try:
        connection.request("POST", target, body=body, headers=dict(headers))
        response = connection.getresponse()
        answer = response.read(LONGEST_ANSWER).decode(errors="replace")
        return Answer(response.status, answer)
    except ForbiddenAddressError:
        raise
    except ssl.SSLError:
        raise OutboundError("no trusted TLS connection") from None
    except TimeoutError:
        raise OutboundError("no answer in time") from None
    except socket.gaierror:
        raise OutboundError("there is no such host") from None
    except ConnectionRefusedError:
        raise OutboundError("the connection was refused") from None
    except (OSError, http.client.HTTPException):
        raise OutboundError("no answer in time" if connection.was_cut else "no answer") from None
    finally:
        deadline.cancel()
        connection.close()


def is_public(address: Address) -> bool:
    """Whether the address is of a machine on the internet, also where it hides an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            hidden = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if hidden is not None:
            return is_public(hidden)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


class _Connection(http.client.HTTPConnection):
    """A connection that looks at the address it is about to use."""

    def __init__(self, host: str, port: int | None, *, secure: bool) -> None:
        super().__init__(host, port or (443 if secure else 80), timeout=CONNECT_SECONDS)
        self._secure = secure
        self.was_cut = False

    def connect(self) -> None:
        """Connect to the first of the host's addresses that may be called and answers."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        private = self.host in private_hosts()
        allowed = [
            entry
            for entry in found
            if private or is_public(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]))
        ]
        if not allowed:
            raise ForbiddenAddressError("the host's address is not a public one")
        failure: OSError = TimeoutError()
        for family, kind, protocol, _name, address in allowed:
            line = socket.socket(family, kind, protocol)
            line.settimeout(CONNECT_SECONDS)
            try:
                line.connect(address)
            except OSError as error:
                failure = error
                line.close()
                continue
            line.settimeout(TOTAL_SECONDS)
            self.sock = line
            if self._secure:
                context = ssl.create_default_context()
                self.sock = context.wrap_socket(line, server_hostname=self.host)
            return
        raise failure

    def cut(self) -> None:
        """End the call from another thread: whoever reads finds the end."""
        self.was_cut = True
        line = self.sock
        if line:
            with contextlib.suppress(OSError):  # it ended by itself in this very moment
                line.shutdown(socket.SHUT_RDWR)
