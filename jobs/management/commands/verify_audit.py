"""`manage.py verify_audit`: is the history what it was? Ends with 1 and names the first bad
record if not."""

import sys
import time
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.services import chain_verification, checkpoints
from jobs.services.chain import BadRecord

PROGRESS_SECONDS = 1.0


class Command(BaseCommand):
    help = "Verify the whole history; a bad one ends with exit code 1 and the bad record's number."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoints",
            type=Path,
            action="append",
            metavar="FILE",
            help="a file or log with checkpoints that left this machine; may be repeated "
            "(default: AUDIT_CHECKPOINT_FILE)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._told_at = time.monotonic()
        for table in chain_verification.unguarded_tables():
            self.stderr.write(f"Warning: no trigger stands on {table} any more.")
        try:
            head, agreed = chain_verification.verify(
                chain.from_iterable(map(checkpoints.in_file, options["checkpoints"]))
                if options["checkpoints"]
                else checkpoints.sent_to_file(),
                self._progress,
            )
        except BadRecord as bad:
            self.stdout.write(f"The history is bad. First bad record: event {bad.seq}")
            self.stdout.write(f"Why: {bad.fault.label}.")
            sys.exit(1)
        except (OSError, ValueError) as unusable:
            raise CommandError(f"A checkpoint file cannot be used: {unusable}") from None
        self.stdout.write(f"The history is whole: {head.seq} events, the last hash is {head.hash}.")
        self.stdout.write(f"Checkpoints that agree: {agreed}.")
        if not agreed:
            self.stdout.write(
                "No checkpoint left this machine, so whoever owns the database could have "
                "written the whole history anew."
            )

    def _progress(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_at > PROGRESS_SECONDS:
            self._told_at = time.monotonic()
            self.stderr.write(f"{done} of {total} events")
