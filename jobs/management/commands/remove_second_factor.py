"""`manage.py remove_second_factor`: lets somebody in again who lost their app and their codes."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import actors
from jobs.models import User
from jobs.services import second_factor


class Command(BaseCommand):
    help = (
        "Remove a person's second factor, so that their password alone lets them in. On the "
        "pages an admin of all their workspaces does the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        if not settings.SECOND_FACTOR_ON:
            raise CommandError("SECOND_FACTOR is off, so none is asked for.")
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"Nobody is called {username}.")
        if not second_factor.remove(user, actor=actors.command_line()):
            raise CommandError(f"{username} has no second factor.")
        self.stdout.write(f"{username} has no second factor any more.")
