"""`manage.py create_token`: a personal token for scripts, printed once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from jobs import actors
from jobs.choices import Scope
from jobs.errors import InvalidFields
from jobs.models import User
from jobs.services import tokens


class Command(BaseCommand):
    """Makes a token for a person; the token itself is the last word printed."""

    help = "Make a token with which scripts act as USERNAME through the API."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose token it is, its name, what it may do, and for how long."""
        parser.add_argument("username", help="Whose token it is.")
        parser.add_argument("--name", required=True, help="What it is for; the history says it.")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="What it may be used for; may be given several times. Without it, everything "
            "that the person's roles allow.",
        )
        parser.add_argument(
            "--expires-days", type=int, help="After how many days it expires; never without it."
        )

    def handle(
        self,
        *args: Any,
        username: str,
        name: str,
        scope: list[str] | None,
        expires_days: int | None,
        **options: Any,
    ) -> None:
        """Make it and print it."""
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active person with the username {username}.")
        expires_at = None
        if expires_days is not None:
            try:
                expires_at = timezone.now() + timedelta(days=expires_days)
            except OverflowError as error:
                raise CommandError("--expires-days is too far away.") from error
        try:
            made = tokens.create(
                user,
                name=name,
                scopes=scope or Scope.values,
                expires_at=expires_at,
                actor=actors.command_line(),
            )
        except InvalidFields as error:
            problems = " ".join(text for texts in error.fields.values() for text in texts)
            raise CommandError(problems) from error
        self.stdout.write(f"The token of {username}, shown this once: {made.text}")
