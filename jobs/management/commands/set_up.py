"""`manage.py set_up`: what has to be done before the pages can be served, as often as you like."""

import hashlib
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from jobs.services import accounts, demo, workspaces


class Command(BaseCommand):
    """Writes how to sign in to its standard output, and what it does to its standard error."""

    help = (
        "Bring the database and the static files up to date, make the first workspace and the "
        "first administrator if there is none, and say how to sign in."
    )
    requires_system_checks = ["jobs"]

    def handle(self, *args: Any, **options: Any) -> None:
        # A database in a file is for its owner alone, whoever runs this.
        os.umask(0o077)
        self._migrate()
        self._collect_static_files()
        workspaces.ensure_first()
        self._first_administrator()
        if settings.DEMO:
            demo.ensure_accounts()
            self.stdout.write("Sign in with a button of the sign-in page: one for each role.")
        else:
            demo.retire_accounts()
        if accounts.has_administrator():
            self.stdout.write("Sign in with your account.")
        else:
            # Not reversed: that would load every page, and a start waits for this.
            page = f"/set-up/{accounts.set_up_link_token()}/"
            self.stdout.write(
                "Make the administrator's account on this page, once and within an hour:\n"
                f"{settings.SITE_URL}{page}"
            )

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stderr.write(f"Bringing the database up to date: {len(plan)} migrations.")
            call_command("migrate", interactive=False, verbosity=0)

    def _collect_static_files(self) -> None:
        """Collect them if one of them, or the way they are stored, has changed."""
        seen: Path = settings.VAR_DIR / "static_digest"
        digest = _static_digest()
        if seen.is_file() and seen.read_text(encoding="ascii") == digest:
            return
        call_command("collectstatic", interactive=False, verbosity=0)
        seen.write_text(digest, encoding="ascii")

    def _first_administrator(self) -> None:
        username = accounts.from_environment("DJANGO_SUPERUSER_USERNAME")
        if not username:
            return
        password = accounts.from_environment("DJANGO_SUPERUSER_PASSWORD")
        try:
            made = accounts.ensure_administrator(
                username, accounts.from_environment("DJANGO_SUPERUSER_EMAIL"), password
            )
        except accounts.AccountRefusedError as refused:
            raise CommandError(f"The first administrator was not made. {refused}") from refused
        if made:
            self.stderr.write(f"{username} is the first administrator.")
            try:
                validate_password(password)
            except ValidationError as weak:
                self.stderr.write(f"Change the password soon: {' '.join(weak.messages)}")


def _static_digest() -> str:
    digest = hashlib.sha256(repr((settings.STORAGES, str(settings.STATIC_ROOT))).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            details = (path, storage.size(path), storage.get_modified_time(path).timestamp())
            digest.update(repr(details).encode())
    return digest.hexdigest()
