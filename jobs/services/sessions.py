"""Signing in and out, as the history knows it."""

from dataclasses import replace

from jobs.actors import Actor
from jobs.choices import Verb
from jobs.models import User
from jobs.services import audit


def signed_in(
    user: User, *, actor: Actor, demo: bool = False, provider: str = "", second_factor: str = ""
) -> None:
    """Write down that the person came in, and what vouched for them beside a password; called
    before the session is made, so that nobody is signed in whom the history does not know."""
    now_acting = replace(actor, label=user.label, user_id=user.pk)
    vouched = {"provider": provider, "second_factor": second_factor}
    with audit.act(now_acting) as act:
        data = {"demo": demo} | {name: value for name, value in vouched.items() if value}
        act.record(Verb.SIGNED_IN, user, data=data)


def sign_in_failed(username: str, *, actor: Actor, locked_out: bool) -> None:
    """Write down a refused sign-in.

    The name is kept only where an account has it: what people type by mistake is often their
    password.
    """
    user = User.objects.filter(username=username[:150]).first() if username else None
    with audit.act(actor) as act:
        act.record(
            Verb.SIGN_IN_FAILED,
            user,
            data={"locked_out": locked_out},
            personal={"username": (user.username, user.pk)} if user else None,
        )


def sign_in_refused(provider: str, why: str, *, actor: Actor) -> None:
    """Write down that somebody whom a provider sent was not let in. Who it was is not kept:
    strangers did not ask to stand here."""
    with audit.act(actor) as act:
        data = {"locked_out": False, "provider": provider, "why": why}
        act.record(Verb.SIGN_IN_FAILED, data=data)


def signed_out(*, actor: Actor) -> None:
    """Write down that the actor left."""
    with audit.act(actor) as act:
        act.record(Verb.SIGNED_OUT)
