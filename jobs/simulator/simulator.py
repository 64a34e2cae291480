"""The simulator in this process, on a port of its own."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from jobs.simulator.app import App
from jobs.simulator.lives import Life
from jobs.simulator.server import Server
from jobs.simulator.world import World


class Simulator(World):
    """A DashScope on `host` and `port` (0: any free one) while the `with` block lasts.

    `pending_seconds` and `running_seconds` are a job's life, which `speed` divides. Raises
    StateFileError when `state_file` cannot be read or written.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        pending_seconds: float = Life.pending_seconds,
        running_seconds: float = Life.running_seconds,
        speed: float = 1.0,
        state_file: Path | None = None,
    ) -> None:
        life = Life(pending_seconds=pending_seconds, running_seconds=running_seconds)
        super().__init__(life=life, speed=speed, state_file=state_file)
        self.host = host
        self.port = port
        self._app = App(self)
        self._server: Server | None = None

    @property
    def base_url(self) -> str:
        """The address without a path, as `DASHSCOPE_BASE_URL` wants it."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Listen; after a `stop`, on the same port and with the same jobs.

        Raises OSError when the port cannot be had.
        """
        self._server = Server(self.host, self.port, self._app)
        self.port = self._server.server_port
        self._server.start()

    def stop(self) -> None:
        """Refuse connections from now on, and end those in hand without an answer."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
