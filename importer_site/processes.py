"""Child processes that live and end together with this one."""

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from importer_site.environment import BASE_DIR

# A worker that was told to stop finishes the call in hand, which ends within 0.8 of a lease
# (LEASE_SECONDS, 60 by default). One that is killed after this loses nothing but that answer.
STOP_SECONDS = 60.0
ASKING_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0  # after so long a life, a death is not counted as one in a row

_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1


class AskedToStopError(Exception):
    """Somebody sent SIGTERM or SIGINT, or closed the terminal."""


@dataclass
class Child:
    """One process of ours; `restarts` says whether its death is mended or the end of all."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    restarts: bool = False
    pass_fds: tuple[int, ...] = ()
    pause_seconds: float = 1.0
    started_at: float = 0.0
    restart_at: float = 0.0
    process: subprocess.Popen[str] = field(init=False)

    def start(self, output: int | None = None) -> None:
        """Run the command in a process group of its own, so that Ctrl-C reaches us alone."""
        self.started_at, self.restart_at = time.monotonic(), 0.0
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            text=True,
            pass_fds=self.pass_fds,
            process_group=0,
            preexec_fn=_end_with_parent,
        )

    def runs(self) -> bool:
        """Whether the process is not over yet."""
        return self.process.poll() is None


def _end_with_parent() -> None:
    """Linux sends SIGTERM to the child when its parent dies, even by SIGKILL."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Processes:
    """Starts children, waits for what happens to them, and stops them, the last one first.

    Waiting raises AskedToStopError when a signal asks for it. Use it as a context manager in
    the main thread: at the end of the block no child is left.
    """

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._wake, self._waker = socket.socketpair()

    def __enter__(self) -> Self:
        for end in (self._wake, self._waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (*ASKING_SIGNALS, signal.SIGCHLD):
            # Under nohup the terminal's end is nobody's wish to stop.
            if number == signal.SIGCHLD or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: None)  # read from the wake-up socket
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def start(self, child: Child) -> None:
        """Start the child; its end is seen by `watch`."""
        child.start()
        self._children.append(child)

    def run(self, child: Child) -> tuple[int, str]:
        """Run the child to its end, whatever is asked meanwhile; its exit code and output."""
        child.start(subprocess.PIPE)
        output, _nothing = child.process.communicate()
        self._wait(0.0)
        return child.process.returncode, output

    def wait_for(self, connection: socket.socket, seconds: float) -> None:
        """Wait until the connection has something to read, or `seconds` have passed."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if connection in self._wait(left, connection):
                return

    def pause(self, seconds: float) -> None:
        """Let so much time pass, whatever becomes of the children meanwhile."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._wait(left)

    def watch(self) -> str:
        """Wait until a child ends that is not restarted, and say which and how."""
        while True:
            for child in self._children:
                if child.restart_at:
                    if child.restart_at <= time.monotonic():
                        child.start()
                elif not child.runs():
                    told = f"The {child.name} ended by itself ({_how(child.process.returncode)})"
                    if not child.restarts:
                        return f"{told}."
                    self._schedule(child, told)
            due = [child.restart_at for child in self._children if child.restart_at]
            self._wait(max(0.0, min(due) - time.monotonic()) if due else None)

    def _schedule(self, child: Child, told: str) -> None:
        if time.monotonic() - child.started_at > STEADY_SECONDS:
            child.pause_seconds = 1.0
        sys.stderr.write(f"{told}; it is started again in {child.pause_seconds:.0f} s.\n")
        child.restart_at = time.monotonic() + child.pause_seconds
        child.pause_seconds = min(child.pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _wait(self, seconds: float | None, *connections: socket.socket) -> list[socket.socket]:
        ready, _, _ = select.select([self._wake, *connections], [], [], seconds)
        asking = set(self._wake.recv(4096)) & set(ASKING_SIGNALS) if self._wake in ready else ()
        if asking:
            raise AskedToStopError(asking)
        return ready

    def _stop(self) -> None:
        """Ask one child after the other; a second Ctrl-C means that patience is at its end.

        A second SIGTERM does not: `make` passes on what its whole group was sent already.
        """
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self._children):
            if child.runs():
                child.process.terminate()
            while child.runs() and (left := deadline - time.monotonic()) > 0:
                try:
                    self._wait(left)
                except AskedToStopError as again:
                    if signal.SIGINT in again.args[0]:
                        deadline = 0.0
            if child.runs():
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def manage(*arguments: str) -> list[str]:
    """The command line of `manage.py` with these arguments."""
    return [sys.executable, str(Path(BASE_DIR) / "manage.py"), *arguments]


def say(text: str) -> None:
    """A line for whoever started the program, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
