"""How far the history is verified, signed and reviewed, as its page shows it."""

from datetime import datetime
from typing import NamedTuple

from django.utils.safestring import SafeString

from jobs.services import chain_verification, checkpoints
from jobs.services.history_facts import HistoryFacts
from jobs.services.reviews import MOST_COUNTED
from jobs.templatetags.clock import Clock
from jobs.templatetags.desk import moment


class Verified(NamedTuple):
    """The newest verification: `state` is "going", "bad" or "whole", or "" before the first.
    `here` is where a reader without a script looks again."""

    state: str
    up_to: int = 0
    percent: int = 0
    bad_seq: int | None = None
    fault: str = ""
    ended: str = ""
    head: int = 0
    here: str = ""


class Signed(NamedTuple):
    """The newest checkpoint, up to event `seq`, and when it left; else why not, and when it is
    sent again. `seq` is 0 where there is none."""

    seq: int
    left: str = ""
    failure: str = ""
    due: str = ""


class Reviewed(NamedTuple):
    """How many events are not reviewed (`many` if they were not all counted), and up to which
    one they are, by whom and when."""

    unreviewed: int
    many: bool
    up_to: int
    who: str
    when: str


class Proof(NamedTuple):
    """All of it, and the number of the last event."""

    head: int
    verified: Verified
    signed: Signed
    reviewed: Reviewed


def proof_of(facts: HistoryFacts, clock: Clock, here: str) -> Proof:
    """How far the history is proved. Two queries: verifications go on and checkpoints leave
    without an event."""
    return Proof(
        head=facts.head,
        verified=_verified(facts.head, clock, here),
        signed=_signed(clock),
        reviewed=Reviewed(
            unreviewed=facts.unreviewed,
            many=facts.unreviewed >= MOST_COUNTED,
            up_to=facts.reviewed_up_to,
            who=facts.reviewed_by,
            when=_ago(clock, facts.reviewed_at),
        ),
    )


def _verified(head: int, clock: Clock, here: str) -> Verified:
    latest = chain_verification.latest()
    if latest is None:
        return Verified("")
    if not latest.finished_at:
        done = latest.position + latest.exchanges_position
        percent = min(99, done * 50 // latest.up_to) if latest.up_to else 0
        return Verified("going", latest.up_to, percent, here=here)
    ended = _ago(clock, latest.finished_at)
    if latest.bad_seq:
        fault = str(latest.get_fault_display())
        return Verified("bad", latest.up_to, bad_seq=latest.bad_seq, fault=fault, ended=ended)
    return Verified("whole", latest.up_to, ended=ended, head=head)


def _signed(clock: Clock) -> Signed:
    newest = checkpoints.newest()
    if newest is None:
        return Signed(0)
    if newest.delivered_at:
        return Signed(newest.seq, left=_ago(clock, newest.delivered_at))
    due = moment({"clock": clock}, newest.due_at, "to_the_second") if newest.tries else ""
    return Signed(newest.seq, failure=newest.failure, due=due)


def _ago(clock: Clock, at: datetime | None) -> str:
    return moment({"clock": clock}, at, "ago") if at else SafeString("")
