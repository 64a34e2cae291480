"""`manage.py add_member`: give a person a role in a workspace, and an account if need be."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.choices import Role
from jobs.models import Workspace
from jobs.services import accounts, workspaces


class Command(BaseCommand):
    help = (
        "Give a person a role in a workspace. A person without an account gets one, with the "
        "password of DJANGO_SUPERUSER_PASSWORD."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("role", help=", ".join(Role.values))
        parser.add_argument("--workspace", metavar="SLUG", help="the first one unless named")

    def handle(
        self, *args: Any, username: str, role: str, workspace: str | None, **options: Any
    ) -> None:
        if role not in Role.values:
            raise CommandError(f"There is no role {role!r}. The roles: {', '.join(Role.values)}.")
        where = _workspace(workspace)
        password = accounts.from_environment("DJANGO_SUPERUSER_PASSWORD")
        try:
            made = accounts.add_member(username, Role(role), where, password=password)
        except accounts.AccountRefusedError as refused:
            raise CommandError(str(refused)) from refused
        account = "has a new account and" if made else "already had an account and"
        self.stdout.write(f"{username} {account} is {role} of {where.name} ({where.slug}).")


def _workspace(slug: str | None) -> Workspace:
    first = workspaces.ensure_first()
    if slug is None:
        return first
    found = Workspace.objects.filter(slug=slug).first()
    if found is None:
        slugs = ", ".join(Workspace.objects.values_list("slug", flat=True))
        raise CommandError(f"There is no workspace {slug!r}. The workspaces: {slugs}.")
    return found
