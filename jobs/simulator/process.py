"""The simulator as a process of its own, which loads nothing of Django."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from jobs.simulator.simulator import Simulator
from jobs.simulator.state_file import StateFileError

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class CannotStart(Exception):
    """The reason, in one line for whoever started it."""


def command(*arguments: str) -> list[str]:
    """The command line that runs the simulator with these arguments, from the directory that holds
    the package."""
    return [sys.executable, "-m", "jobs.simulator", *arguments]


def add_arguments(parser: ArgumentParser) -> None:
    """Take the address, the file of jobs and the speed."""
    parser.add_argument(
        "--port", type=int, required=True, help="The port to listen on; 0 for any free one."
    )
    parser.add_argument("--host", default="127.0.0.1", help="The address to listen on.")
    parser.add_argument(
        "--state-file", type=Path, help="A file in which the jobs survive a restart."
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, help="How many times as fast jobs live; 1 is 11 s."
    )


def serve(*, port: int, host: str, state_file: Path | None, speed: float) -> None:
    """Answer until SIGTERM or SIGINT. The one line printed ends with the address, as soon as it
    answers. Raises CannotStart."""
    # Blocked before the first thread starts, so that no signal is lost or finds another way.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        simulator = Simulator(host=host, port=port, speed=speed, state_file=state_file)
        simulator.start()
    except (StateFileError, ValueError, OverflowError) as error:
        raise CannotStart(str(error)) from error
    except OSError as error:
        raise CannotStart(f"Cannot listen on {host}:{port}: {error}") from error
    sys.stdout.write(f"The simulator of DashScope answers at {simulator.base_url}\n")
    sys.stdout.flush()
    signal.sigwait(ENDING_SIGNALS)
    simulator.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve; ends with exit code 0, or with a line and 1."""
    parser = ArgumentParser("python -m jobs.simulator", description="A DashScope of our own.")
    add_arguments(parser)
    try:
        serve(**vars(parser.parse_args(arguments)))
    except CannotStart as reason:
        sys.exit(str(reason))
