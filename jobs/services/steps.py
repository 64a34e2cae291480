"""What a worker does, in what order, and with how many hands.

Apart from `workers`, which pages ask too: here is loaded what calls others.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jobs.services import (
    audit_duties,
    discovery,
    following,
    key_checks,
    notice_delivery,
    notices,
    removal,
    sending,
    settling,
)


@dataclass(frozen=True)
class Step:
    """One kind of work: `run` does one due piece of it and says whether there was any."""

    label: str
    run: Callable[[str], bool]
    hands: int = 1
    idle_seconds: float = 1.0
    """How long a hand that found nothing waits before it looks again."""


# They run side by side, so that a call that hangs holds up only its own kind; sending has
# several hands, and a submission leaves within half a second.
STEPS = (
    Step("send", sending.send_next, hands=4, idle_seconds=0.5),
    Step("notice dead senders", settling.notice_dead_senders),
    Step("settle", settling.settle_next),
    Step("follow", following.follow_next),
    Step("remove", removal.remove_next),
    Step("discover", discovery.discover_next),
    Step("check keys", key_checks.check_next),
    Step("keep the history", audit_duties.keep_next),
    Step("find notices", notices.find_next),
    Step("deliver notices", notice_delivery.deliver_next),
)
