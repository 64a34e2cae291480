"""`manage.py doctor`: does this installation keep its promises, and if not, what is to be done?"""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.services import diagnosis
from jobs.services.diagnosis import State

MARKS = {State.OK: "ok     ", State.WARNING: "WARNING", State.FAILED: "FAILED "}


class Command(BaseCommand):
    """Ends with 1 if anything failed; warnings alone end with 0."""

    help = (
        "Look at settings, files, database, history, workers, keys and clocks, and say what to "
        "do. Run it with the environment of the process that you wonder about."
    )
    # A setting that fails a check is one of the findings.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to ask DashScope."""
        parser.add_argument(
            "--online",
            action="store_true",
            help="ask DashScope for one page of each workspace's list, with the keys that are here",
        )

    def handle(self, *args: Any, online: bool, **options: Any) -> None:
        """Print each finding as it is made."""
        counts: Counter[State] = Counter()
        for finding in diagnosis.diagnose(online=online):
            counts[finding.state] += 1
            self.stdout.write(f"{MARKS[finding.state]} {finding.subject}: {finding.told}")
            if finding.advice:
                self.stdout.write(f"        → {finding.advice}")
        told = f"{counts[State.FAILED]} failed, {counts[State.WARNING]} warnings."
        if counts[State.FAILED]:
            raise CommandError(told)
        self.stdout.write(told)
