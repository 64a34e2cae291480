"""Sessions in the database; each is read along with where the history stands.

Every change that a page could show comes with an event, and the hash of the last event stands for
all of them. So a page whose reader has seen this one already has nothing new to show, and finding
that out costs no query of its own.
"""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import Subquery
from django.http import HttpRequest
from django.utils import timezone

from jobs.models import AuditHead

HEAD = AuditHead.objects.filter(pk=1).values("hash")


class SessionStore(DatabaseStore):
    """What SESSION_ENGINE names. `history_head` is None until the session was read."""

    history_head: str | None = None

    def load(self) -> dict[str, Any]:
        """The session's data, or nothing if there is no such session or it has ended."""
        row = (
            self.model.objects.filter(session_key=self.session_key, expire_date__gt=timezone.now())
            .annotate(history_head=Subquery(HEAD))
            .first()
        )
        if row is None:
            self._session_key = None
            return {}
        self.history_head = row.history_head or ""
        return self.decode(row.session_data)


def history_head(request: HttpRequest) -> str:
    """The last event's hash when the session was read, "" before the first event. One query where
    no session was."""
    head = getattr(request.session, "history_head", None)
    return head if head is not None else HEAD.values_list("hash", flat=True).first() or ""
