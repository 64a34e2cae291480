"""Import Desk as `make run` starts it: real processes, on free ports, with records of its own."""

import os
import queue
import re
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from jobs.simulator import SimulatorControl
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent
# Far beyond what either takes, for machines that do much else; the program itself gives its
# children 60 s to end.
START_SECONDS = 180.0
WEB_PROCESSES = 3  # one that listens, and two that answer
STOP_SECONDS = 120.0


class Desk:
    """The processes of one start while the `with` block lasts, and what they printed."""

    def __init__(self, var_dir: Path, **environment: str) -> None:
        self.var_dir = var_dir
        self.lines: list[str] = []
        self._environment = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(var_dir),
            "ENV_FILE": "",
            "PORT": "0",
            "FOLLOW_INTERVAL_SECONDS": "0.2",
        } | environment
        self._printed: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "importer_site.desk"],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Send SIGTERM, and give the exit code as soon as every process has ended."""
        self.process.terminate()
        return self.wait()

    def wait(self) -> int:
        """The exit code, as soon as every process has ended."""
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()  # its children end with it
            raise
        # The last process that can write has ended when the pipe is closed.
        self._reader.join(STOP_SECONDS)
        assert not self._reader.is_alive(), "a process was left behind"
        return code

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first line, printed or still to come, in which the regular expression is found."""
        for line in self.lines:
            if found := re.search(pattern, line):
                return found
        try:
            while (line := self._printed.get(timeout=START_SECONDS)) is not None:
                self.lines.append(line)
                if found := re.search(pattern, line):
                    return found
        except queue.Empty:
            pass  # the message below says the same as for one that ended
        raise AssertionError(f"it never printed {pattern!r}:\n{''.join(self.lines)}")

    @property
    def url(self) -> str:
        """The address of the pages, once they are served, and by every process that does."""
        found = self.wait_for(r"Import Desk answers at (http://\S+)/")
        # gunicorn forks one a moment after the other, and the first answers at once.
        until(
            lambda: len(self.processes("gunicorn")) == WEB_PROCESSES,
            seconds=START_SECONDS,
            what="every process of the web server",
        )
        return found[1]

    @property
    def simulator(self) -> SimulatorControl:
        """The controls of its simulator."""
        return SimulatorControl(self.wait_for(r"simulator of DashScope answers at (\S+)")[1])

    def processes(self, *words: str) -> list[int]:
        """The ids of its processes, and of theirs, whose command line has all the words."""
        return [pid for pid in _descendants(self.process.pid) if _has(pid, words)]

    def processor_seconds_to_first_page(self) -> float:
        """The processor time of all that has to be done one after the other before a page is
        served: the program itself, the set-up that it ran, and the web server."""
        return sum(map(_processor_seconds, (self.process.pid, *self.processes("gunicorn"))))

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as printed:
            for line in printed:
                self._printed.put(line)
        self._printed.put(None)


def environment_of(pid: int) -> dict[str, str]:
    """The environment that a process was started with."""
    pairs = Path(f"/proc/{pid}/environ").read_text(encoding="utf-8").split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def ends_within(pid: int, seconds: float) -> bool:
    """Whether the process ends in this time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def _descendants(pid: int) -> Iterator[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    for child in map(int, children.split()):
        yield child
        yield from _descendants(child)


def _processor_seconds(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    ticks = after_name.split()[11:15]  # utime, stime, and both of the children that ended
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _has(pid: int, words: tuple[str, ...]) -> bool:
    command = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    return all(word in command for word in words)
