"""Sessions in the database; each is read along with where the history stands.

Every change that a page could show comes with an event, and the hash of the last event stands for
all of them. So a page whose reader has seen this one already has nothing new to show, and finding
that out costs no query of its own.
"""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from jobs.models import AuditHead

# Every page begins with it. Written out, because composing it would cost more than running it.
SESSION_AND_HEAD = """
    SELECT session_data, (SELECT hash FROM jobs_audithead WHERE id = 1)
    FROM django_session WHERE session_key = %s AND expire_date > %s
"""


class SessionStore(DatabaseStore):
    """What SESSION_ENGINE names. `history_head` is None until the session was read."""

    history_head: str | None = None

    def load(self) -> dict[str, Any]:
        """The session's data, or nothing if there is no such session or it has ended."""
        with connection.cursor() as cursor:
            cursor.execute(SESSION_AND_HEAD, [self.session_key, _written(timezone.now())])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        data, head = row
        self.history_head = head or ""
        return self.decode(data)


def history_head(request: HttpRequest) -> str:
    """The last event's hash when the session was read, "" before the first event. One query where
    no session was."""
    head: str | None = getattr(request.session, "history_head", None)
    if head is not None:
        return head
    return AuditHead.objects.values_list("hash", flat=True).first() or ""


def _written(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)
