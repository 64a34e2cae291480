"""`manage.py backup`: all records in one file, while everything runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.services import backups


class Command(BaseCommand):
    help = (
        "Write all records into one file in DIRECTORY, checked, while pages and workers go on. "
        "docs/operations.md says how to restore it. Secrets are not in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument(
            "--keep", type=int, default=0, help="remove older ones beyond so many; 0 keeps all"
        )

    def handle(self, *args: Any, directory: Path, keep: int, **options: Any) -> None:
        if keep < 0:
            raise CommandError("--keep is 0 or more.")
        try:
            made = backups.make(directory, keep=keep)
        except (backups.BackupFailed, OSError) as failed:
            raise CommandError(f"No backup was made: {failed}") from failed
        self.stdout.write(f"{made.path} holds all records, in {made.size} bytes.")
        self.stdout.write(f"Its history reaches event {made.end.seq}, hash {made.end.hash}.")
