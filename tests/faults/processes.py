"""Processes of the campaign: started, waited for, and ended in every way there is."""

import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path

from tests.running import ROOT
from tests.waiting import Overdue, until

START_SECONDS = 60.0


class Process:
    """One management command, unless `program` names another module, in a process of its own;
    its log is in a file."""

    def __init__(
        self,
        *arguments: str,
        environment: dict[str, str],
        log: Path,
        program: tuple[str, ...] = ("manage.py",),
    ) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, *program, *arguments],
                cwd=ROOT,
                env=environment | {"PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.pid = self._process.pid
        self.first_line = ""

    def wait_for_first_line(self) -> str:
        """What it prints as soon as it is at work. Raises Overdue when it ends before."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(START_SECONDS):
                raise Overdue(f"process {self.pid} said nothing")
        self.first_line = self._process.stdout.readline().strip()
        if not self.first_line:
            raise Overdue(f"process {self.pid} ended at once")
        return self.first_line

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def is_stopped(self) -> bool:
        """Whether SIGSTOP holds every thread of it; none does more before SIGCONT."""
        try:
            threads = [path.read_text() for path in Path(f"/proc/{self.pid}/task").glob("*/stat")]
        except FileNotFoundError:
            return False  # a thread ended as it was looked at, so it was not held
        states = {status.rpartition(")")[2].split()[0] for status in threads}
        return states == {"T"}  # and there is none of one that ended

    def send(self, number: signal.Signals) -> None:
        """Give it a signal, if it is there still."""
        if self.is_running:
            os.kill(self.pid, number)

    def stop(self) -> None:
        """Send it SIGSTOP; it stands still when this returns. A thread that is in the kernel comes
        out of it first, perhaps with a lock. Raises Overdue."""
        self.send(signal.SIGSTOP)
        until(lambda: self.is_stopped, seconds=10, what=f"process {self.pid} stands still")

    def wait(self, seconds: float) -> int:
        """Its exit code, negative for a signal. Raises Overdue."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Overdue(f"process {self.pid} did not end within {seconds:.0f} s") from None

    def kill(self) -> None:
        """End it by SIGKILL, whatever it is doing."""
        self.send(signal.SIGKILL)
        self.wait(10)
        self.close()

    def terminate(self, seconds: float = 30) -> int:
        """End it by SIGTERM; its exit code."""
        self.send(signal.SIGTERM)
        code = self.wait(seconds)
        self.close()
        return code

    def close(self) -> None:
        """Let go of its output."""
        if self._process.stdout is not None:
            self._process.stdout.close()
