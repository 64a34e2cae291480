"""Auditors mark how far they read and write notes, and see first what stands out."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import actors
from jobs.actors import Actor
from jobs.choices import JobStatus, Region, Verb
from jobs.errors import InvalidFields, NotPermitted
from jobs.models import AuditEvent, AuditHead, ReviewMark, User, Workspace
from jobs.services import (
    audit,
    history_reach,
    members,
    reviews,
    reviews_exceptions,
    reviews_report,
    sessions,
    workspaces,
)
from jobs.services.history_search import EventSearch
from tests.audit.histories import ADDRESS, acting, make_history
from tests.making import make_job

ALWAYS = EventSearch()


@pytest.fixture(autouse=True)
def _history(workspace: Workspace, alice: User, ada: User) -> None:
    make_history(workspace, alice)


@pytest.fixture
def other(workspace: Workspace) -> Workspace:
    """A workspace that Ada does not audit, with two events."""
    found = workspaces.add(
        slug="other",
        name="Other",
        region=Region.BEIJING,
        key_reference="OTHER",
        actor=actors.command_line(),
    )
    make_job(found)
    with audit.act(actors.command_line()) as act:
        act.record(Verb.GUARD_OVERRIDDEN, found)
    return found


def head() -> int:
    """The number of the newest event."""
    return AuditHead.objects.get().seq


def test_a_mark_is_an_event_and_leaves_nothing_unreviewed_but_itself(ada: User) -> None:
    last = head()

    moved = reviews.mark(last, actor=acting(ada))

    standing = reviews.standing(history_reach.of(ada))
    assert moved == 2  # the workspace, and what belongs to none
    assert standing.up_to == last
    assert standing.unreviewed == 2
    assert standing.last
    assert standing.last.sentence == f"Ada marked the history as reviewed up to event {last}"
    assert AuditEvent.objects.filter(verb=Verb.HISTORY_REVIEWED).count() == 2


def test_a_mark_never_moves_back(ada: User) -> None:
    reviews.mark(5, actor=acting(ada))

    assert reviews.mark(3, actor=acting(ada)) == 0
    assert set(ReviewMark.objects.values_list("up_to", flat=True)) == {5}


def test_a_mark_is_of_what_its_auditor_may_read_alone(ada: User, other: Workspace) -> None:
    assert reviews.mark(head(), actor=acting(ada)) == 1
    assert not ReviewMark.objects.filter(workspace_id=other.pk).exists()


def test_a_mark_beyond_the_end_is_refused(ada: User) -> None:
    for up_to in (0, -1, head() + 1):
        with pytest.raises(InvalidFields):
            reviews.mark(up_to, actor=acting(ada))


def test_a_note_stands_beside_its_event_and_in_the_history(ada: User) -> None:
    seq = AuditEvent.objects.get(verb=Verb.GUARD_OVERRIDDEN).seq

    noted = reviews.note(seq, " Asked Alice: fine.\nSee ticket 12. ", actor=acting(ada))

    [entry] = reviews.notes_on([seq])[seq]
    assert entry.seq == noted.seq
    assert entry.actor == "Ada"
    assert entry.content["data"] == {"event": seq, "note": "Asked Alice: fine.\nSee ticket 12."}
    assert noted.job_id == AuditEvent.objects.get(seq=seq).job_id


@pytest.mark.parametrize("text", ["", "  \n", "a\u202eb", "x" * 1001])
def test_a_note_that_says_nothing_or_cannot_be_kept_is_refused(ada: User, text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        reviews.note(1, text, actor=acting(ada))

    assert list(refused.value.fields) == ["note"]


def test_nobody_writes_on_events_that_they_may_not_read(ada: User, other: Workspace) -> None:
    hidden = AuditEvent.objects.filter(workspace_id=other.pk).latest("seq")

    with pytest.raises(AuditEvent.DoesNotExist):
        reviews.note(hidden.seq, "I see you.", actor=acting(ada))


@pytest.mark.parametrize(
    "act", [lambda a: reviews.mark(1, actor=a), lambda a: reviews.note(1, "x", actor=a)]
)
def test_readers_and_strangers_cannot_review(
    bob: User, charlie: User, act: Callable[[Actor], object]
) -> None:
    for person in (bob, charlie):
        with pytest.raises(NotPermitted):
            act(acting(person))


def test_a_token_without_the_audit_scope_cannot_review(ada: User) -> None:
    token = Actor(kind="token", label="Ada", user_id=ada.pk, scopes=frozenset({"read"}))

    with pytest.raises(NotPermitted):
        reviews.mark(1, actor=token)


def exceptions(person: User, period: EventSearch = ALWAYS) -> dict[str, int]:
    """How many of each kind the person finds."""
    found = reviews_exceptions.found(history_reach.of(person), period)
    return {kind.name: kind.count for kind in found}


def test_exceptions_are_found_by_kind(ada: User, workspace: Workspace, other: Workspace) -> None:
    with audit.act(actors.worker("w")) as act:
        act.record(Verb.ATTEMPT_UNKNOWN, make_job(workspace, status=JobStatus.UNCONFIRMED))

    found = exceptions(ada)

    assert found == {
        "unknown": 1,
        "overrides": 1,
        "roles": 2,
        "unreviewed": AuditEvent.objects.exclude(workspace_id=other.pk).count(),
    }


def test_exceptions_keep_to_their_period_and_workspace(ada: User) -> None:
    tomorrow = timezone.now() + timedelta(days=1)

    assert set(exceptions(ada, EventSearch(since=tomorrow)).values()) == {0}
    assert set(exceptions(ada, EventSearch(workspace="elsewhere")).values()) == {0}


def test_weights_that_fail_again_and_again_stand_out(ada: User, workspace: Workspace) -> None:
    for _again in range(3):
        make_job(workspace, status=JobStatus.FAILED, object_key="models/bad/")
    make_job(workspace, status=JobStatus.FAILED, object_key="models/once/")

    [failure] = reviews_exceptions.repeated_failures(history_reach.of(ada), ALWAYS)

    assert (failure.place, failure.count) == ("acme-models/models/bad/", 3)


def test_sign_ins_that_are_refused_again_and_again_stand_out(ada: User) -> None:
    for _again in range(5):
        stranger = Actor(kind="person", label="", address=ADDRESS)
        sessions.sign_in_failed("alice", actor=stranger, locked_out=False)

    [refusal] = reviews_exceptions.repeated_refusals(history_reach.of(ada), ALWAYS)

    assert (refusal.address, refusal.count) == (ADDRESS, 5)


def test_a_report_counts_what_happened_in_its_period(ada: User, alice: User) -> None:
    report = reviews_report.of(history_reach.of(ada), ALWAYS)

    assert report.events == AuditEvent.objects.count()
    assert (report.first.seq, report.last.seq) == (1, head())
    assert report.submissions == 1
    assert dict(report.outcomes) == {"succeeded": 0, "failed": 1, "refused": 0, "unknown": 0}
    assert [(one.label, one.events, one.by_token) for one in report.people] == [("Alice", 3, 1)]
    assert report.verbs[0][0] == "Somebody made somebody … of …"
    assert json.loads(report.last.canonical)["about"]["verb"] == Verb.DELETION_REQUESTED


def test_a_report_on_nothing_is_empty(ada: User) -> None:
    report = reviews_report.of(
        history_reach.of(ada), EventSearch(since=timezone.now() + timedelta(days=1))
    )

    assert (report.events, report.first, report.people) == (0, None, [])


def test_who_left_keeps_their_part_of_the_history(ada: User, alice: User) -> None:
    membership = alice.memberships.get()

    members.remove(membership, actor=actors.command_line())

    found = EventSearch(person=str(alice.pk)).events(history_reach.of(ada))
    assert found.count() == 3


def test_a_report_counts_what_became_of_imports_once_each(ada: User, workspace: Workspace) -> None:
    before = dict(reviews_report.of(history_reach.of(ada), ALWAYS).outcomes)
    ended = {"old": "running", "new": "succeeded"}
    with audit.act(actors.worker("w")) as act:
        for verb, data in (
            # Accepted, and then it succeeds; and found, or chosen, when it had ended already.
            (Verb.ATTEMPT_CONFIRMED, {"attempt": 1, "status": "PENDING"}),
            (Verb.JOB_STATUS_CHANGED, ended),
            (Verb.ATTEMPT_ADOPTED, {"attempt": 1, "status": "SUCCESSED"}),
            (Verb.ATTEMPT_PICKED, {"attempt": 1, "status": "FAILED"}),
            (Verb.ATTEMPT_NOT_SENT, {"attempt": 1}),  # tried again until it is given up
            (Verb.ATTEMPT_NOT_SENT, {"attempt": 2}),
            (Verb.JOB_GAVE_UP, {}),
            (Verb.ATTEMPT_UNKNOWN, {"attempt": 1}),  # and looked for in vain
            (Verb.ATTEMPT_ABSENT, {"attempt": 1}),
            (Verb.ATTEMPT_REJECTED, {"attempt": 1}),
            (Verb.DELETION_DONE, {}),  # no import
            (Verb.HISTORY_VERIFIED, {}),
        ):
            act.record(verb, make_job(workspace), data=data)

    after = dict(reviews_report.of(history_reach.of(ada), ALWAYS).outcomes)

    more = {outcome: after[outcome] - before[outcome] for outcome in after}
    assert more == {"succeeded": 2, "failed": 3, "refused": 1, "unknown": 1}
