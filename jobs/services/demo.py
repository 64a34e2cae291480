"""The demo's people: one for each role, without passwords, while a simulator answers."""

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import IntegrityError
from django.db.models import QuerySet

from jobs import actors
from jobs.choices import Role
from jobs.errors import NotPermitted
from jobs.models import User
from jobs.services import members, workspaces


def ensure_accounts() -> None:
    """Make the demo's people, as members of the first workspace, where they are missing, and
    let those in again whom `retire_accounts` has shut out.

    Raises NotPermitted outside the demo.
    """
    if not settings.DEMO:
        raise NotPermitted("demo")
    workspace = workspaces.ensure_first()
    _people().filter(is_active=False).update(is_active=True)
    for role in Role:
        members.add(workspace, _person(role), role, actor=actors.command_line())


def retire_accounts() -> None:
    """Shut the demo's people out of an installation that is a demo no more: their sessions end,
    what they did stays."""
    _people().filter(is_active=True).update(is_active=False)


def account(role: Role) -> User:
    """The demo's person of this role, made if need be. Raises NotPermitted outside the demo."""
    ensure_accounts()
    return User.objects.get(username=username(role), is_active=True)


def username(role: Role) -> str:
    """What the demo's person of this role is called."""
    return f"demo-{role}"


def _people() -> QuerySet[User]:
    names = [username(role) for role in Role]
    # Whoever has a password is a real person who happens to be called so.
    return User.objects.filter(username__in=names, password__startswith=UNUSABLE_PASSWORD_PREFIX)


def _person(role: Role) -> User:
    person = User.objects.filter(username=username(role)).first()
    if person:
        return person
    try:
        # Without a password: nobody can come in by name, only through the demo's buttons.
        return User.objects.create_user(
            username(role), password=None, first_name="Demo", last_name=role.value
        )
    except IntegrityError:
        return User.objects.get(username=username(role))  # another process made it just now
