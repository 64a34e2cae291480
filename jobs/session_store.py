"""Sessions in the database; each is read along with where the history stands.

Every change that a page could show comes with an event, and events are numbered in the order of
their commits. So a page whose reader has seen this number already has nothing new to show, and
finding that out costs no query of its own.
"""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import Subquery
from django.http import HttpRequest
from django.utils import timezone

from jobs.models import AuditHead

HEAD = AuditHead.objects.filter(pk=1).values("seq")


class SessionStore(DatabaseStore):
    """What SESSION_ENGINE names. `history_seq` is None until the session was read."""

    history_seq: int | None = None

    def load(self) -> dict[str, Any]:
        """The session's data, or nothing if there is no such session or it has ended."""
        row = (
            self.model.objects.filter(session_key=self.session_key, expire_date__gt=timezone.now())
            .annotate(history_seq=Subquery(HEAD))
            .first()
        )
        if row is None:
            self._session_key = None
            return {}
        self.history_seq = row.history_seq or 0
        return self.decode(row.session_data)


def history_seq(request: HttpRequest) -> int:
    """The number of the last event when the session was read. One query where it was not."""
    seq = getattr(request.session, "history_seq", None)
    return seq if seq is not None else HEAD.values_list("seq", flat=True).first() or 0
