"""`manage.py export_audit`: the history as a zip that anybody can verify offline."""

import os
import time
from datetime import UTC
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from jobs import actors
from jobs.models import Workspace
from jobs.services import exports, exports_bundle, history_search

PROGRESS_SECONDS = 1.0
FILTERS = {
    "workspace": "show the events of this workspace (its short name) alone",
    "since": "from this day or time on",
    "until": "up to the end of this day, or before this time",
    "person": "by this person: a user name or number",
    "token": "with the token of this number",
    "job": "about the job of this number",
    "outcome": "that came out so: succeeded, failed, refused or unknown",
    "q": "that mention these words",
}


class Command(BaseCommand):
    help = "Export the history as a zip with a verifier that needs nothing but Python 3."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, meaning in FILTERS.items():
            parser.add_argument(f"--{name}", default="", help=meaning)
        parser.add_argument("--verb", action="append", default=[], help="with this verb (repeat)")
        parser.add_argument("--output", type=Path, required=True, help="the zip to write")

    def handle(self, *args: Any, **options: Any) -> None:
        values = {name: options[name] for name in FILTERS}
        search, problems = history_search.read(values, options["verb"], UTC)
        if values["workspace"] and not Workspace.objects.filter(slug=values["workspace"]).exists():
            problems["workspace"] = ["There is no workspace of this name."]
        if problems:
            raise CommandError("; ".join(f"{name}: {said[0]}" for name, said in problems.items()))
        export = exports.begin(search, form="zip", actor=actors.command_line())
        self._told_at = time.monotonic()
        path: Path = options["output"]
        # A file of this name is always whole: what was cut off keeps another name.
        unfinished = path.with_name(f"{path.name}.part")
        try:
            with unfinished.open("wb") as file:
                for piece in exports_bundle.stream(
                    export, translation.get_language() or "en", self._progress
                ):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise CommandError(f"{path} cannot be written: {error.strerror}") from None
        self.stdout.write(f"{path} holds the history up to event {export.last}.")

    def _progress(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_at > PROGRESS_SECONDS:
            self._told_at = time.monotonic()
            self.stderr.write(f"{done} of {total} events")
