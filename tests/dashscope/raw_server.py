"""A server that answers with bytes, so that a test can break any rule of HTTP."""

import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

LOOPBACK_PEM = str(Path(__file__).with_name("loopback.pem"))


class Peer:
    """One accepted connection, seen from the server's side."""

    def __init__(self, line: socket.socket, server: "RawServer") -> None:
        self.line = line
        self.server = server

    def read_request(self) -> bytes:
        """The next whole request, kept in server.requests too; b"" when the client has left."""
        got = b""
        while b"\r\n\r\n" not in got:
            piece = self.line.recv(65536)
            if not piece:
                return b""
            got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        length = 0
        for header in head.split(b"\r\n")[1:]:
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += self.line.recv(65536)
        self.server.requests.append(head + b"\r\n\r\n" + body)
        return self.server.requests[-1]

    def send(self, data: bytes) -> None:
        self.line.sendall(data)

    def drip(self, data: bytes, *, every_seconds: float = 0.02) -> None:
        """Send a byte at a time, again and again from the start, until the client leaves."""
        while True:
            for position in range(len(data)):
                if self.server.ended.wait(every_seconds):
                    return
                self.send(data[position : position + 1])

    def hold(self) -> None:
        """Say nothing more, and keep the connection until the test is over."""
        self.server.ended.wait()

    def reset(self) -> None:
        """End the connection with RST in place of FIN."""
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.line.close()


Behaviour = Callable[[Peer], None]


class RawServer:
    """Runs a behaviour for each connection, on loopback, and counts what really arrived.

    Counts are final after the with block, which waits for everything that has been sent.
    """

    def __init__(self, *behaviours: Behaviour, tls: bool = False) -> None:
        """The first connection gets the first behaviour; the last one serves all that follow."""
        self.behaviours = behaviours
        self.connections = 0
        self.requests: list[bytes] = []
        self.ended = Event()
        self.address = ""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._tls: ssl.SSLContext | None = None
        if tls:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(LOOPBACK_PEM)
        self._last: tuple[str, int] | None = None
        self._threads = [Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.ended.set()
        # Connections are accepted in order, so once this one is, all earlier ones were.
        with socket.socket() as last:
            last.bind(("127.0.0.1", 0))
            self._last = last.getsockname()
            last.connect(("127.0.0.1", self.port))
            self._threads[0].join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            line, address = self._listener.accept()
            if address == self._last:
                line.close()
                return
            behaviour = self.behaviours[min(self.connections, len(self.behaviours) - 1)]
            self.connections += 1
            thread = Thread(target=self._serve, args=(line, behaviour))
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket, behaviour: Behaviour) -> None:
        # Clients of these tests leave in the middle of things: that is what is tested.
        with contextlib.suppress(OSError), contextlib.closing(line):
            if self._tls:
                line = self._tls.wrap_socket(line, server_side=True)
            with line:
                behaviour(Peer(line, self))


def answer(
    body: bytes = b"", *, status: str = "200 OK", headers: tuple[str, ...] = ()
) -> Behaviour:
    """Read one request, answer it properly and close."""
    return reply(head(status, f"Content-Length: {len(body)}", "Connection: close", *headers) + body)


def reply(data: bytes) -> Behaviour:
    """Read one request, answer these very bytes and close."""

    def behave(peer: Peer) -> None:
        if peer.read_request():
            peer.send(data)

    return behave


def head(status: str, *headers: str) -> bytes:
    """A status line and headers, with the blank line."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1")


def silence(peer: Peer) -> None:
    """Read the request and never answer."""
    peer.read_request()
    peer.hold()


def close_without_answer(peer: Peer) -> None:
    """Read the request and close."""
    peer.read_request()


def reset(peer: Peer) -> None:
    """Read the request and reset the connection."""
    peer.read_request()
    peer.reset()
