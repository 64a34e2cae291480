"""`manage.py add_member`, as an operator types it."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jobs.actors import command_line
from jobs.choices import Region, Role
from jobs.models import User, Workspace
from jobs.services import workspaces
from tests.making import PASSWORD


def add_member(*words: str) -> str:
    printed = StringIO()
    call_command("add_member", *words, stdout=printed)
    return printed.getvalue()


def test_it_works_right_after_migrate(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    printed = add_member("grace", "submitter")

    membership = User.objects.get(username="grace").memberships.get()
    assert membership.role == Role.SUBMITTER
    assert membership.workspace == Workspace.objects.get()
    assert "grace has a new account and is submitter of" in printed
    assert PASSWORD not in printed


def test_it_takes_the_password_from_a_file(
    db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD_FILE", str(tmp_path / "password"))

    add_member("grace", "viewer")

    assert User.objects.get(username="grace").check_password(PASSWORD)


def test_it_changes_a_role_in_the_workspace_named(bob: User) -> None:
    research = workspaces.add(
        slug="research",
        name="Research",
        region=Region.BEIJING,
        key_reference="RESEARCH",
        actor=command_line(),
    )

    printed = add_member("bob", "auditor", "--workspace", "research")

    assert bob.memberships.get(workspace=research).role == Role.AUDITOR
    assert bob.memberships.exclude(workspace=research).get().role == Role.SUBMITTER
    assert printed == "bob already had an account and is auditor of Research (research).\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["bob", "owner"], "no role 'owner'. The roles: viewer, submitter, auditor, admin"),
        (["bob", "viewer", "--workspace", "lab"], "no workspace 'lab'. The workspaces: main"),
        (["grace", "viewer"], "no account 'grace', and a new one needs a password"),
    ],
)
def test_it_says_what_cannot_be(bob: User, words: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        add_member(*words)

    assert bob.memberships.get().role == Role.SUBMITTER
