"""`manage.py after_restore`: before a worker starts on records that come from a backup."""

from typing import Any

from django.core.management.base import BaseCommand

from jobs import actors
from jobs.services import restoring


class Command(BaseCommand):
    help = (
        "Run this once after restoring a backup and before starting a worker: imports that waited "
        "to be sent may have been sent since, so they are looked for instead. Everyone has to "
        "sign in again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        waiting = restoring.distrust(actor=actors.command_line())
        self.stdout.write(
            f"{waiting} imports that waited to be sent will be looked for at DashScope. "
            "Every session is over. A worker may start."
        )
