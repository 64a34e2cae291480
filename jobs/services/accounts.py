"""Accounts: making people, and the first administrator of a new installation."""

from dataclasses import replace

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q
from environ.fileaware_mapping import FileAwareMapping

from jobs import actors
from jobs.actors import Actor
from jobs.choices import Role
from jobs.errors import DeskError
from jobs.models import User, Workspace
from jobs.services import audit, demo, members, workspaces

# A link works once by construction: it is void as soon as there is an administrator. It is
# signed and not stored, so there is nothing to steal from the database, and its 256-bit
# signature cannot be found by trying.
LINK_SECONDS = 60 * 60


class AccountRefusedError(DeskError):
    """No account can be made like this; the text says why."""

    code = "account_refused"


class LinkVoidError(DeskError):
    """The set-up link is too old, or an administrator exists already."""

    code = "link_void"


class LinkForgedError(DeskError):
    """This installation never made the set-up link."""

    code = "link_forged"


def add_member(username: str, role: Role, workspace: Workspace, *, password: str) -> bool:
    """Give the person the role, from the command line; True if the account had to be made.

    Raises AccountRefusedError for a name that nobody can have, or when an account is to be
    made and `password` is empty.
    """
    user = User.objects.filter(username=username).first()
    if user:
        members.add(workspace, user, role, actor=actors.command_line())
        return False
    user = new_user(username, "", password)
    with audit.act(actors.command_line()) as act:
        user.save()
        members.admit(act, workspace, user, role)
    return True


def ensure_administrator(username: str, email: str, password: str) -> bool:
    """Make the account, admin of the first workspace, unless the name is taken; True if made.

    Raises AccountRefusedError as `add_member` does.
    """
    if User.objects.filter(username=username).exists():
        return False
    user = new_user(username, email, password)
    workspace = workspaces.ensure_first()
    with audit.act(actors.command_line()) as act:
        _admit_administrator(act, workspace, user)
    return True


def has_administrator() -> bool:
    """Whether anybody can administer a workspace; the demo's people do not count."""
    return (
        User.objects.filter(Q(is_superuser=True) | Q(memberships__role=Role.ADMIN), is_active=True)
        .exclude(username__in=[demo.username(role) for role in Role])
        .exists()
    )


def set_up_link_token() -> str:
    """What the link to the page for the first administrator ends in; good for LINK_SECONDS."""
    return _signer().sign("administrator")


def check_link(token: str) -> None:
    """Raise LinkForgedError or LinkVoidError unless the link may make the administrator now."""
    try:
        _signer().unsign(token, max_age=LINK_SECONDS)
    except signing.SignatureExpired:
        raise LinkVoidError("expired") from None
    except signing.BadSignature:
        raise LinkForgedError(token) from None
    if has_administrator():
        raise LinkVoidError("used")


def set_up(token: str, *, username: str, email: str, password: str, actor: Actor) -> User:
    """Make the first administrator, once. Raises what `check_link` and `add_member` raise.

    Who holds the link could read the server's terminal, so the act is the command line's,
    from the address of the request.
    """
    workspace = workspaces.ensure_first()
    user = new_user(username, email, password)
    server = replace(
        actors.command_line(),
        address=actor.address,
        user_agent=actor.user_agent,
        act_id=actor.act_id,
    )
    with audit.act(server) as act:
        # Whoever posts the same link in this moment waits here, and then finds it used.
        members.meet_at(workspace)
        check_link(token)
        _admit_administrator(act, workspace, user)
    return user


def from_environment(name: str) -> str:
    """DJANGO_SUPERUSER_USERNAME, _EMAIL or _PASSWORD, or what is in the file that the same
    name with _FILE names, or ""."""
    return str(FileAwareMapping(cache=False).get(name, ""))


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=".", salt="jobs.set-up-link")


def new_user(username: str, email: str, password: str) -> User:
    """An account that is not saved yet. Raises AccountRefusedError as `add_member` does."""
    user = User(username=username, email=email)
    if not password:
        raise AccountRefusedError(
            f"There is no account {username!r}, and a new one needs a password: set "
            "DJANGO_SUPERUSER_PASSWORD."
        )
    user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        raise AccountRefusedError(f"{username!r}: {' '.join(error.messages)}") from error
    return user


def _admit_administrator(act: audit.Act, workspace: Workspace, user: User) -> None:
    user.is_superuser = user.is_staff = True
    user.save()
    members.admit(act, workspace, user, Role.ADMIN)
