"""The socket of a request, as far as a fault may act on it."""

from __future__ import annotations

import os
import select
import socket
import struct
import threading

from jobs.simulator.answers import AnswerWithheldError

# The key under which the simulator's server hands a Connection to the WSGI program.
CONNECTION = "simulator.connection"
# The key of the request's headers, in the order and case in which they came.
HEADERS = "simulator.headers"


class Connection:
    """One client's connection; without a socket, in a plain WSGI server, each act only withholds.

    `stopping` is set when the server ends, so that nothing waits any longer.
    """

    def __init__(
        self, client: socket.socket | None = None, stopping: threading.Event | None = None
    ) -> None:
        self._socket = client
        self._stopping = stopping or threading.Event()

    def send(self, data: bytes) -> None:
        """Send raw bytes, outside any WSGI answer.

        Raises ConnectionError when the client has gone, AnswerWithheldError without a socket.
        """
        if self._socket is None:
            raise AnswerWithheldError
        self._socket.sendall(data)

    def reset(self) -> None:
        """Cut the connection with a TCP reset, then raise AnswerWithheldError."""
        if self._socket is not None:
            linger_on_for_no_seconds = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_on_for_no_seconds)
            # Closing by number, because the server's file objects would keep the socket open.
            os.close(self._socket.detach())
        raise AnswerWithheldError

    def is_over(self) -> bool:
        """Whether the client has gone or the server is ending."""
        return self._stopping.is_set() or self._client_has_gone()

    def server_is_ending(self) -> bool:
        """Whether the server is ending."""
        return self._stopping.is_set()

    def _client_has_gone(self) -> bool:
        if self._socket is None:
            return False
        try:
            readable, _, _ = select.select([self._socket], [], [], 0)
            return bool(readable) and self._socket.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True
