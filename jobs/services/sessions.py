"""Signing in and out, as the history knows it."""

from dataclasses import replace

from jobs.actors import Actor
from jobs.choices import Verb
from jobs.models import User
from jobs.services import audit


def signed_in(user: User, *, actor: Actor, demo: bool = False) -> None:
    """Write down that the person came in; called before the session is made, so that nobody
    is signed in whom the history does not know."""
    now_acting = replace(actor, label=user.label, user_id=user.pk)
    with audit.act(now_acting) as act:
        act.record(Verb.SIGNED_IN, user, data={"demo": demo})


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


def signed_out(*, actor: Actor) -> None:
    """Write down that the actor left."""
    with audit.act(actor) as act:
        act.record(Verb.SIGNED_OUT)
