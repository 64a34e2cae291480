"""`manage.py run_simulator`: a DashScope of our own, for the demonstration and for tests."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.simulator import Simulator, StateFileError

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    """Answers on a port until SIGTERM or SIGINT, then ends with exit code 0."""

    help = "Run the simulator of DashScope, which reaches nothing outside this machine."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
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

    def handle(
        self, *args: Any, port: int, host: str, state_file: Path | None, speed: float, **kwargs: Any
    ) -> None:
        """Serve; the first line printed ends with the address, as soon as it answers."""
        # Blocked before the first thread starts, so that no signal is lost or finds another way.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
        try:
            simulator = Simulator(host=host, port=port, speed=speed, state_file=state_file)
            simulator.start()
        except (StateFileError, ValueError, OverflowError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"Cannot listen on {host}:{port}: {error}") from error
        self.stdout.write(f"The simulator of DashScope answers at {simulator.base_url}")
        self.stdout.flush()
        signal.sigwait(ENDING_SIGNALS)
        simulator.stop()
