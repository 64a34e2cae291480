"""An event of the history as the API shows it."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_noop
from pydantic import BaseModel, Field

from jobs.api.job_shape import Time
from jobs.models import AuditEvent, Workspace
from jobs.services import history
from jobs.services.history import Entry

# Personal values that stand in a place of their own; the others are beside the event's data.
ELSEWHERE = ("actor", "address", "user_agent", "token")


class ActorOut(BaseModel):
    """Who acted."""

    kind: str = Field(description=gettext_noop("person, token, worker or system."))
    id: int | None = Field(description=gettext_noop("The person's number."))
    name: str | None = Field(description=gettext_noop("What the person was called then."))
    token_id: int | None
    token: str | None = Field(description=gettext_noop("What the token was called."))


class SubjectOut(BaseModel):
    """What an event is about."""

    kind: str
    id: int
    label: str


class EventOut(BaseModel):
    """One event. Values of people that were erased read so."""

    seq: int
    at: Time
    verb: str
    workspace: str | None = Field(description=gettext_noop("The workspace's short name."))
    actor: ActorOut
    address: str | None = Field(
        description=gettext_noop("Where the request came from, for those who may audit.")
    )
    subject: SubjectOut | None
    data: dict[str, Any]
    hash: str = Field(
        description=gettext_noop("SHA-256 over the hash before it and the event's digest.")
    )


class EventPage(BaseModel):
    """Some events."""

    items: list[EventOut]
    next: str | None = Field(description=gettext_noop("The next page's cursor, or null."))


def shown(events: Iterable[AuditEvent], *, addresses: bool) -> list[EventOut]:
    """The events with their personal values. Three queries, however many events there are."""
    slugs = dict(Workspace.objects.values_list("pk", "slug"))
    return [_shown(entry, slugs, addresses) for entry in history.entries(events)]


def _shown(entry: Entry, slugs: dict[int, str], addresses: bool) -> EventOut:
    event, content, personal = entry.event, entry.content, entry.personal
    beside = {name: value for name, value in personal.items() if name not in ELSEWHERE}
    return EventOut(
        seq=event.seq,
        at=event.at,
        verb=event.verb,
        workspace=slugs.get(event.workspace_id or 0),
        actor=ActorOut(
            kind=event.actor_kind,
            id=event.actor_user_id,
            name=personal.get("actor") or content["actor"] or None,
            token_id=event.token_id,
            token=personal.get("token"),
        ),
        address=personal.get("address") if addresses else None,
        subject=SubjectOut.model_validate(content["subject"]) if content["subject"] else None,
        data=content["data"] | beside,
        hash=event.hash,
    )
