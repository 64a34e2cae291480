"""`manage.py run_simulator`: a DashScope of our own, for the demonstration and for tests."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.simulator import process


class Command(BaseCommand):
    """Answers on a port until SIGTERM or SIGINT, then ends with exit code 0."""

    help = "Run the simulator of DashScope, which reaches nothing outside this machine."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what `python -m jobs.simulator` takes."""
        process.add_arguments(parser)

    def handle(
        self, *args: Any, port: int, host: str, state_file: Path | None, speed: float, **kwargs: Any
    ) -> None:
        """Serve; the first line printed ends with the address, as soon as it answers."""
        try:
            process.serve(port=port, host=host, state_file=state_file, speed=speed)
        except process.CannotStart as reason:
            raise CommandError(str(reason)) from reason
