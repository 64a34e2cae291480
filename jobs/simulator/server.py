"""A threaded server on a port, which hands each request's socket to the WSGI program."""

from __future__ import annotations

import logging
import socket
import socketserver
import sys
import threading
from typing import IO, TYPE_CHECKING, Any, cast
from wsgiref.handlers import SimpleHandler
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from jobs.simulator.connection import CONNECTION, HEADERS, Connection

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

logger = logging.getLogger(__name__)

JOIN_SECONDS = 5.0


class _Answerer(SimpleHandler):
    # Not a copy of the process's environment, which may hold keys.
    os_environ: dict[str, str] = {}
    server_software = "import-desk-simulator"
    wsgi_file_wrapper = None


class _Handler(WSGIRequestHandler):
    server: Server

    def handle(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return  # The client said nothing, or has been told what is wrong.
        environ: dict[str, Any] = {
            **self.get_environ(),
            CONNECTION: Connection(self.connection, self.server.stopping),
            HEADERS: list(self.headers.items()),
        }
        reads, writes = cast(IO[bytes], self.rfile), cast(IO[bytes], self.wfile)
        _Answerer(reads, writes, sys.stderr, environ, multiprocess=False).run(self.server.program)

    def log_message(self, format: str, *arguments: Any) -> None:
        logger.debug(format, *arguments)


class Server(socketserver.ThreadingMixIn, WSGIServer):
    """One thread a connection; `close` leaves none behind.

    Raises OSError when the address cannot be had.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, host: str, port: int, app: WSGIApplication) -> None:
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self.program = app
        super().__init__((host, port), _Handler)
        self._serving = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="simulator", daemon=True
        )

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._serving.start()

    def close(self) -> None:
        """Take no more requests, end those in hand without an answer, and give the port back."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            in_hand = dict(self._open)
        for thread, client in in_hand.items():
            _shut(client)
            thread.join(JOIN_SECONDS)
        self._serving.join(JOIN_SECONDS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand a connection to a thread of its own."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._lock:
            self._open[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """See one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that leave; print anything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the name, which may take long."""
        socketserver.TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), int(port)
        self.setup_environ()


def _shut(client: socket.socket) -> None:
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # It was closed or reset already.
