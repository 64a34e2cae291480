"""`manage.py erase_person`: somebody's name leaves the records; what they did stays."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import User
from jobs.services import erasure


class Command(BaseCommand):
    help = "Erase a person's name, addresses and browsers from all records, for good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"Nobody is called {options['username']}.")
        if not options["yes"]:
            self.stdout.write("This cannot be undone. Type the user name to go on: ", ending="")
            self.stdout.flush()
            if input() != user.username:
                raise CommandError("Nothing was erased.")
        erased = erasure.erase(user)
        self.stdout.write(
            f"Erased: {erased.values} personal values of the history went, and the account is "
            f"closed and called {erased.alias}."
        )
        if erased.still_named_in:
            numbers = ", ".join(map(str, erased.still_named_in))
            self.stdout.write(
                "The name still stands in what people typed: names of imports, reasons, notes or "
                f"messages. Newest events: {numbers}"
            )
        self.stdout.write(
            "Exports, backups and checkpoints that were made before hold what they held."
        )
