"""The second factor of people who sign in with name and password: the codes of an app, and
recovery codes for when the app is lost.

Arithmetic and tables are allauth's (allauth.mfa). What several web processes have to agree on
is kept here, in the person's row and behind its lock: which code was the last one, and how
many were wrong in a row. allauth keeps both in a cache that each process has for itself.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from jobs.actors import Actor
from jobs.choices import ActorKind, Verb
from jobs.errors import DeskError, NotPermitted, WrongState
from jobs.models import Membership, User
from jobs.permissions import Ability, workspaces_allowing
from jobs.services import audit
from jobs.services.sealing import SealBroken, seal, unseal

# So many wrong codes in a row cost a wait, which doubles each time and ends with a right one.
# At three codes in a million that are right at a time, that leaves nothing to guessing.
WRONG_CODES = 5
FIRST_WAIT_SECONDS = 15 * 60
LONGEST_WAIT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Standing:
    """What a person's own page says of their second factor."""

    since: datetime
    last_used_at: datetime | None
    codes_left: int


class WrongCode(DeskError):
    """Neither the app shows this code now, or it counted already, nor is it a recovery code."""

    code = "wrong_code"


class TooManyCodes(DeskError):
    """After so many wrong codes even a right one waits for `seconds`."""

    code = "too_many_codes"

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


class Unreadable(DeskError):
    """The secret was sealed under another TOKEN_DIGEST_KEY; the factor has to be removed."""

    code = "second_factor_unreadable"


def is_missing_its_package() -> bool:
    """Whether it is switched on where it cannot be asked for. Nobody comes in by password then:
    an upgrade that forgot the extra must not let in whoever knows half of what it takes."""
    return settings.SECOND_FACTOR != "off" and not settings.SECOND_FACTOR_ON


def applies_to(user: User) -> bool:
    """Whether the person may have one: whoever comes through a provider is asked there."""
    return settings.SECOND_FACTOR_ON and user.has_usable_password()


def is_set_up(user: User) -> bool:
    """Whether the person's sign-in asks for a code. One query where it is switched on."""
    return applies_to(user) and _authenticators().filter(user=user, type="totp").exists()


def is_owed(user: User) -> bool:
    """Whether the person has to set one up before anything else."""
    required = settings.SECOND_FACTOR == "required"
    return required and applies_to(user) and not is_set_up(user)


def holders(users: Iterable[int]) -> set[int]:
    """Those of the people, by number, who have one."""
    if not settings.SECOND_FACTOR_ON:
        return set()
    found = _authenticators().filter(user__in=users, type="totp")
    return set(found.values_list("user_id", flat=True))


def standing(user: User) -> Standing | None:
    """How the person's second factor stands, or None if there is none. Two queries."""
    totp = _authenticators().filter(user=user, type="totp").first() if applies_to(user) else None
    if totp is None:
        return None
    recovery = _authenticators().filter(user=user, type="recovery_codes").first()
    return Standing(totp.created_at, totp.last_used_at, _left(recovery) if recovery else 0)


def new_secret() -> str:
    """A secret for an app, sealed: it waits in the session until the app shows a right code."""
    secret: str = _totp().generate_totp_secret()
    return seal(secret)


def secret_text(sealed: str) -> str:
    """The secret as it is typed into an app. Raises SealBroken."""
    return unseal(sealed)


def address_of(user: User, sealed: str) -> str:
    """The secret as an app scans it, with the names that it shows. Raises SealBroken."""
    from allauth.mfa.adapter import get_adapter

    address: str = get_adapter().build_totp_url(user, unseal(sealed))
    return address


def set_up(user: User, sealed: str, code: str, *, actor: Actor) -> list[str]:
    """Ask for a code at each sign-in from now on; the recovery codes, which nobody sees again.

    Raises WrongCode if the app shows another code, WrongState if there is a second factor, and
    SealBroken.
    """
    counter = _counter(unseal(sealed), code, after=0)
    if counter is None:
        raise WrongCode
    with audit.act(actor) as act:
        _locked(user)
        if _authenticators().filter(user=user, type="totp").exists():
            raise WrongState("set up")
        totp = _totp().TOTP.activate(user, unseal(sealed)).instance
        totp.data |= {"counter": counter, "wrong": 0, "wait_until": 0}
        totp.save()
        act.record(Verb.SECOND_FACTOR_SET_UP, user)
        return _new_codes(user)


def prove(user: User, code: str, *, actor: Actor) -> str:
    """Take the code of somebody who gave the right password, once; which kind it was.

    Raises WrongCode, TooManyCodes, Unreadable, and WrongState if there is no second factor.
    """
    failure: DeskError
    with audit.act(actor) as act:
        _locked(user)
        totp = _authenticators().filter(user=user, type="totp").first()
        if totp is None:
            raise WrongState("none")
        wait = int(totp.data["wait_until"]) - int(time.time())
        if wait > 0:
            failure = TooManyCodes(wait)
        else:
            try:
                if kind := _kind_of(act, user, totp, code, actor):
                    return kind
                failure = _count_wrong(totp)
            except SealBroken:
                failure = Unreadable(user.pk)
        locked_out = isinstance(failure, TooManyCodes)
        act.record(
            Verb.SIGN_IN_FAILED,
            user,
            data={"locked_out": locked_out, "why": "code"},
            personal={"username": (user.username, user.pk)},
        )
    raise failure


def renew_codes(user: User, *, actor: Actor) -> list[str]:
    """New recovery codes in place of the old ones. Raises WrongState without a second factor."""
    with audit.act(actor) as act:
        _locked(user)
        if not _authenticators().filter(user=user, type="totp").exists():
            raise WrongState("none")
        act.record(Verb.RECOVERY_CODES_RENEWED, user)
        return _new_codes(user)


def switch_off(user: User, *, actor: Actor) -> None:
    """End one's own; nothing happens if there is none."""
    with audit.act(actor) as act:
        if _delete(user):
            act.record(Verb.SECOND_FACTOR_SWITCHED_OFF, user)


def may_remove(user_id: int, actor: Actor) -> bool:
    """Whether the actor may end this person's: the command line, or another who administers
    every workspace that the person is a member of, so that nobody weakens an account that
    counts elsewhere."""
    if actor.kind == ActorKind.SYSTEM:
        return True
    if actor.kind != ActorKind.PERSON or actor.user_id in (None, user_id):
        return False
    admin = User.objects.get(pk=actor.user_id)
    memberships = Membership.objects.filter(user_id=user_id)
    beyond = memberships.exclude(workspace__in=workspaces_allowing(admin, Ability.ADMINISTER))
    return memberships.exists() and not beyond.exists()


def remove(user: User, *, actor: Actor) -> bool:
    """End a colleague's, whose app is lost; False if there was none. Raises NotPermitted."""
    with audit.act(actor) as act:
        if not may_remove(user.pk, actor):
            raise NotPermitted(Ability.ADMINISTER)
        if not _delete(user):
            return False
        act.record(
            Verb.SECOND_FACTOR_REMOVED,
            user,
            data={"member_id": user.pk},
            personal={"member": (user.label, user.pk)},
        )
    return True


def unreadable() -> list[str]:
    """The names of those whose secrets were sealed under another key."""
    found = []
    for totp in _authenticators().filter(type="totp").select_related("user"):
        try:
            unseal(totp.data["secret"])
        except SealBroken:
            found.append(totp.user.username)
    return found


def _kind_of(act: audit.Act, user: User, totp: Any, code: str, actor: Actor) -> str:
    """Use the code up, if it is one."""
    counter = _counter(unseal(totp.data["secret"]), code, after=totp.data["counter"])
    if counter is not None:
        totp.data["counter"] = counter
    else:
        recovery = _authenticators().filter(user=user, type="recovery_codes").first()
        if recovery is None or not _recovery_codes()(recovery).validate_code(code):
            return ""
        recovery.refresh_from_db()
        act.actor = replace(actor, label=user.label, user_id=user.pk)
        act.record(Verb.RECOVERY_CODE_USED, user, data={"left": _left(recovery)})
    totp.data |= {"wrong": 0, "wait_until": 0}
    totp.last_used_at = timezone.now()
    totp.save()
    return "app" if counter is not None else "recovery_code"


def _count_wrong(totp: Any) -> DeskError:
    wrong = totp.data["wrong"] + 1
    rounds, short_of_one = divmod(wrong, WRONG_CODES)
    # A large number of rounds is no reason to reckon with a larger one.
    wait = min(FIRST_WAIT_SECONDS << min(rounds - 1, 16), LONGEST_WAIT_SECONDS) if rounds else 0
    totp.data["wrong"] = wrong
    if not short_of_one:
        totp.data["wait_until"] = int(time.time()) + wait
    totp.save(update_fields=["data"])
    return WrongCode() if short_of_one else TooManyCodes(wait)


def _counter(secret: str, code: str, *, after: int) -> int | None:
    """The number of the half minute whose code this is, if it is a later one than `after`."""
    from allauth.core.internal.cryptokit import compare_user_code

    for counter in _totp().yield_hotp_counters_from_time():
        expected = _totp().format_hotp_value(_totp().hotp_value(secret, counter))
        if counter > after and compare_user_code(actual=code, expected=expected):
            return int(counter)
    return None


def _new_codes(user: User) -> list[str]:
    _authenticators().filter(user=user, type="recovery_codes").delete()
    codes: list[str] = _recovery_codes().activate(user).generate_codes()
    return codes


def _left(recovery: Any) -> int:
    """How many codes are unused; reckoned from the mask, which needs no key."""
    from allauth.mfa import app_settings

    return int(app_settings.RECOVERY_CODE_COUNT) - int(recovery.data["used_mask"]).bit_count()


def _delete(user: User) -> bool:
    _locked(user)
    deleted, _by_model = _authenticators().filter(user=user).delete()
    return bool(deleted)


def _locked(user: User) -> None:
    """Whatever else asks for this person's second factor waits behind this row."""
    User.objects.select_for_update().get(pk=user.pk)


def _authenticators() -> Any:
    """allauth's table; the package may not be installed."""
    from allauth.mfa.models import Authenticator

    return Authenticator.objects


def _totp() -> Any:
    from allauth.mfa.totp.internal import auth

    return auth


def _recovery_codes() -> Any:
    # Not by the row's own `wrap`, which wants the package for security keys too.
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    return RecoveryCodes
