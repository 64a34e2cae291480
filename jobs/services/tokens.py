"""Personal tokens for the API. The text is shown once; what is kept is its keyed digest.

The digest's key is TOKEN_DIGEST_KEY, apart from SECRET_KEY, so that rotating SECRET_KEY leaves
tokens as they are. While TOKEN_DIGEST_KEY is not set it is SECRET_KEY's value, and setting it
to that value before a rotation keeps every token.
"""

import hashlib
import hmac
import json
import re
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.actors import Actor
from jobs.choices import ActorKind, Scope, Verb
from jobs.errors import DeskError, InvalidFields, NotPermitted
from jobs.models import Token, User
from jobs.services import audit, content

# desk_ and eight characters, which stay visible, then 256 bits. A scanner for leaked secrets
# can look for this form.
FORM = re.compile(r"(desk_[a-z0-9]{8})_[A-Za-z0-9_-]{43}")
ALPHABET = string.ascii_lowercase + string.digits

# Each call of the API begins with it. Written out, because composing it costs more than running
# it. Fields are in the order of their models.
_TOKEN = ("id", "user_id", "name", "scopes", "minute", "used_in_minute")
_PERSON = ("id", "username", "first_name", "last_name", "is_active")
_FIND = """
    SELECT token.id, token.user_id, token.name, token.scopes, token.minute, token.used_in_minute,
           token.revoked_at IS NOT NULL, coalesce(token.expires_at <= %s, FALSE),
           person.username, person.first_name, person.last_name, person.is_active
    FROM jobs_token AS token JOIN jobs_user AS person ON person.id = token.user_id
    WHERE token.digest = %s
"""


@dataclass(frozen=True)
class NewToken:
    """A token at the one moment at which its text is known."""

    token: Token
    text: str


class TokenRefused(DeskError):
    """The text is no token, or one that is revoked or expired, or whose person has left."""

    code = "unauthorized"


def create(
    user: User,
    *,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None = None,
    actor: Actor,
) -> NewToken:
    """Make a token that acts as `user` within `scopes`, for ever or until `expires_at`.

    Raises NotPermitted unless the person themselves or the command line asks, and
    InvalidFields.
    """
    _require_own(user, actor)
    name = name.strip()
    _check(name, scopes, expires_at)
    prefix = "desk_" + "".join(secrets.choice(ALPHABET) for _ in range(8))
    text = f"{prefix}_{secrets.token_urlsafe(32)}"
    try:
        with audit.act(actor) as act:
            token = Token.objects.create(
                user=user,
                name=name,
                scopes=[scope for scope in Scope.values if scope in scopes],
                prefix=prefix,
                digest=digest(text),
                created_at=timezone.now(),
                expires_at=expires_at,
            )
            act.record(
                Verb.TOKEN_CREATED,
                user,
                data={
                    "token_id": token.pk,
                    "prefix": prefix,
                    "scopes": token.scopes,
                    "expires_at": audit.utc_text(expires_at) if expires_at else None,
                },
                personal=_named(token),
            )
    except IntegrityError:
        raise InvalidFields(
            {"name": [_("You have a token of this name; revoke it or choose another name.")]}
        ) from None
    return NewToken(token, text)


def revoke(token: Token, *, actor: Actor) -> None:
    """End the token now, for good; a second time changes nothing. Raises NotPermitted unless
    its own person or the command line asks."""
    _require_own(token.user, actor)
    with audit.act(actor) as act:
        live = Token.objects.filter(pk=token.pk, revoked_at=None)
        if not live.update(revoked_at=timezone.now()):
            return
        act.record(
            Verb.TOKEN_REVOKED,
            token.user,
            data={"token_id": token.pk, "prefix": token.prefix},
            personal=_named(token),
        )


def find(text: str) -> Token:
    """The live token with this text, with its person, of both what the API needs; anything else
    of them is read when it is asked for. Raises TokenRefused. One query."""
    if not FORM.fullmatch(text):
        raise TokenRefused(_("This is not a token of Import Desk."))
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [now, digest(text)])
        row = cursor.fetchone()
    if row is None or not row[-1]:
        raise TokenRefused(_("This is not a token of Import Desk."))
    pk, user_id, name, scopes, minute, used, is_revoked, is_over, *person = row
    # Whoever has the whole text may know what became of it.
    if is_revoked:
        raise TokenRefused(_("This token was revoked."))
    if is_over:
        raise TokenRefused(_("This token has expired; make a new one."))
    values = (pk, user_id, name, json.loads(scopes), minute, used)
    token = Token.from_db(connection.alias, _TOKEN, values)
    token.user = User.from_db(connection.alias, _PERSON, (user_id, *person))
    return token


def digest(text: str) -> str:
    """The keyed digest by which a secret text that we gave out is found again."""
    key = hashlib.sha256(b"token-digest:" + settings.TOKEN_DIGEST_KEY.encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _named(token: Token) -> dict[str, tuple[str, int | None]]:
    """Whose token it is and its name, which may say more of a person than they know."""
    return {
        "member": (token.user.label, token.user_id),
        "token_name": (token.name, token.user_id),
    }


def _check(name: str, scopes: Collection[str], expires_at: datetime | None) -> None:
    problems: dict[str, list[str]] = {}
    missing = _("Give the token a name that says where it is used.")
    if unfit := content.name_problem(name, missing=missing):
        problems["name"] = [unfit]
    if not scopes or not set(scopes) <= set(Scope.values):
        problems["scopes"] = [_("Choose at least one of read, submit and audit.")]
    if expires_at and expires_at <= timezone.now():
        problems["expires_at"] = [_("Choose a time that is still to come.")]
    if problems:
        raise InvalidFields(problems)


def _require_own(user: User, actor: Actor) -> None:
    """A token cannot make or revoke tokens: a stolen one must not be able to outlive itself."""
    own = actor.kind == ActorKind.PERSON and actor.user_id == user.pk
    if not own and actor.kind != ActorKind.SYSTEM:
        raise NotPermitted("token")
