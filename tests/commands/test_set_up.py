"""`manage.py set_up`: everything before the first page, and how to sign in."""

import os
import re
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import resolve

from jobs.choices import Role
from jobs.models import User, Workspace
from jobs.services import accounts, demo
from tests.making import PASSWORD


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Static files are collected here, with the names that production gives them."""
    others_may_read = os.umask(0o022)
    settings.VAR_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    yield tmp_path
    os.umask(others_may_read)


def set_up() -> tuple[str, str]:
    told, done = StringIO(), StringIO()
    call_command("set_up", stdout=told, stderr=done)
    return told.getvalue(), done.getvalue()


def test_what_it_makes_is_for_its_owner_alone(db: None, place: Path) -> None:
    set_up()

    assert stat.S_IMODE((place / "static_digest").stat().st_mode) == 0o600


def test_it_makes_the_first_workspace_and_prints_a_link_for_the_first_account(
    db: None, settings: Any
) -> None:
    settings.SITE_URL = "https://desk.example.com"

    told, _done = set_up()

    found = re.search(r"https://desk\.example\.com/set-up/(\S+)/\n", told)
    assert found
    accounts.check_link(found[1])
    assert resolve(f"/set-up/{found[1]}/").url_name == "set-up"
    assert Workspace.objects.get().slug == "main"


def test_it_collects_static_files_only_when_they_have_changed(db: None, place: Path) -> None:
    set_up()
    manifest = place / "static" / "staticfiles.json"
    manifest.unlink()

    set_up()
    unchanged = manifest.exists()
    (place / "static_digest").write_text("of another version")
    set_up()

    assert not unchanged
    assert manifest.exists()


def test_it_makes_the_first_administrator_from_the_environment(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "grace")
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "grace@example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    told, done = set_up()

    grace = User.objects.get()
    assert (grace.username, grace.email) == ("grace", "grace@example.com")
    assert grace.memberships.get().role == Role.ADMIN
    assert told == "Sign in with your account.\n"
    assert done == "grace is the first administrator.\n"


def test_it_warns_of_a_weak_first_password(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "grace")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "admin")

    _told, done = set_up()

    assert "Change the password soon: This password is too short." in done
    assert User.objects.get().check_password("admin")


def test_it_fails_when_the_first_administrator_has_no_password(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "grace")

    with pytest.raises(CommandError, match="set DJANGO_SUPERUSER_PASSWORD"):
        set_up()


def test_it_names_the_demos_buttons_and_still_offers_a_first_account(
    db: None, settings: Any
) -> None:
    settings.DEMO = True

    told, _done = set_up()

    assert told.startswith("Sign in with a button of the sign-in page")
    assert "/set-up/" in told
    assert User.objects.filter(username=demo.username(Role.ADMIN)).exists()
