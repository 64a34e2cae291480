"""After the records were taken from a backup: what it says of unsent imports is not to be trusted.

Whatever happened after the backup is lost here and not at DashScope. An import that waited to be
sent may have been sent since; sending it once more could make a second one.
"""

from django.contrib.sessions.models import Session

from jobs.actors import Actor
from jobs.choices import AttemptState, Verb
from jobs.models import Attempt
from jobs.services import audit, chain, outcomes


def distrust(*, actor: Actor) -> int:
    """Have every import that waits to be sent looked for at DashScope instead, end every session,
    and write it down. How many imports there were. To be called before a worker starts."""
    with audit.act(actor) as act:
        waiting = Attempt.objects.select_related("job__workspace").select_for_update(of=("self",))
        attempts = list(waiting.filter(state=AttemptState.INTENDED).order_by("pk"))
        act.record(
            Verb.HISTORY_RESTORED, data={"up_to": chain.head().seq, "waiting": len(attempts)}
        )
        for attempt in attempts:
            # As if the worker had died right after it was asked for: no row that DashScope made
            # since is too old to be this attempt's own.
            Attempt.objects.filter(pk=attempt.pk).update(
                state=AttemptState.SENDING, sent_at=attempt.created_at
            )
            outcomes.become_unknown(act, attempt, reason="restored")
        Session.objects.all().delete()
    return len(attempts)
