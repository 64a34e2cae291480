"""Who acts. An actor is passed to every service that writes, never read from a global."""

import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Actor:
    """One act's author. All events of one act share its `act_id`.

    `label` is copied into the history, because names change and people leave.
    """

    kind: str
    label: str
    user_id: int | None = None
    token_id: int | None = None
    token_label: str = ""
    # What the token was made for; None for an actor that is no token.
    scopes: frozenset[str] | None = None
    address: str = ""
    user_agent: str = ""
    act_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def worker(name: str) -> Actor:
    """A worker process, named by its lease owner; a new act each time."""
    return Actor(kind="worker", label=name)


def command_line() -> Actor:
    """Whoever can run management commands on the server."""
    return Actor(kind="system", label="command line")
