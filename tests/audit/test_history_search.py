"""The filters of the history combine, keep to what one may read, and page by number."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import actors
from jobs.choices import EventOutcome, Region, Verb
from jobs.models import AuditEvent, ImportJob, User, Workspace
from jobs.services import audit, history_reach, history_search, reviews, workspaces
from jobs.services.history_search import EventSearch, page_of
from tests.audit.histories import ADDRESS, acting, make_history
from tests.making import make_person


@pytest.fixture(autouse=True)
def job(workspace: Workspace, alice: User, ada: User) -> ImportJob:
    """The job whose history it is."""
    return make_history(workspace, alice)


def verbs(reader: User, **search: Any) -> list[str]:
    """What the reader finds, oldest first."""
    found = EventSearch(**search).events(history_reach.of(reader))
    return list(found.values_list("verb", flat=True))


LIFE = [
    Verb.JOB_SUBMITTED,
    Verb.GUARD_OVERRIDDEN,
    Verb.ATTEMPT_CONFIRMED,
    Verb.JOB_STATUS_CHANGED,
    Verb.DELETION_REQUESTED,
]


def test_each_filter_finds_its_own(ada: User, alice: User, job: ImportJob) -> None:
    assert verbs(ada, job=job.pk) == LIFE
    assert verbs(ada, person="alice") == [LIFE[0], LIFE[1], LIFE[4]]
    assert verbs(ada, person=str(alice.pk)) == [LIFE[0], LIFE[1], LIFE[4]]
    assert verbs(ada, token=4) == [LIFE[4]]
    assert verbs(ada, verbs=(LIFE[1], LIFE[2])) == [LIFE[1], LIFE[2]]
    assert verbs(ada, outcome=EventOutcome.FAILED) == [LIFE[3]]
    act = AuditEvent.objects.get(verb=Verb.GUARD_OVERRIDDEN).act_id
    assert verbs(ada, act=act) == [LIFE[0], LIFE[1]]


def test_filters_combine(ada: User, job: ImportJob) -> None:
    assert verbs(ada, person="alice", job=job.pk, q="Laptop") == [LIFE[4]]
    assert verbs(ada, person="ada", job=job.pk) == []


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("new weights", 1),
        ("NEW WEIGHTS", 1),
        (ADDRESS, 3),
        ("alice", 4),  # her three acts, and her membership
        ("“Ärger” 客服", 5),
        ('{"a":"b"}', 1),
        ("= \\ {1}", 5),
        ("100%", 0),
        ("a_b", 0),
    ],
)
def test_words_are_found_in_texts_and_in_personal_values(ada: User, words: str, count: int) -> None:
    assert len(verbs(ada, q=words)) == count


def test_a_number_finds_its_event_and_its_job(ada: User, job: ImportJob) -> None:
    last = AuditEvent.objects.latest("seq")

    assert set(LIFE) <= set(verbs(ada, q=f"#{job.pk}"))
    assert last.verb in verbs(ada, q=str(last.seq))


def test_times_cut_exactly(ada: User) -> None:
    middle = AuditEvent.objects.get(verb=Verb.ATTEMPT_CONFIRMED).at

    before, after = verbs(ada, until=middle), verbs(ada, since=middle)

    assert (before[-1], after[0]) == (Verb.GUARD_OVERRIDDEN, Verb.ATTEMPT_CONFIRMED)
    assert len(before) + len(after) == AuditEvent.objects.count()
    assert verbs(ada, since=timezone.now() + timedelta(days=9)) == []
    assert verbs(ada, until=timezone.now() - timedelta(days=9)) == []


def test_unreviewed_are_those_above_the_mark(ada: User) -> None:
    confirmed = AuditEvent.objects.get(verb=Verb.ATTEMPT_CONFIRMED).seq

    reviews.mark(confirmed, actor=acting(ada))

    assert verbs(ada, reviewed="no")[:2] == [Verb.JOB_STATUS_CHANGED, Verb.EXCHANGE_KEPT]


def test_events_of_workspaces_that_one_does_not_audit_are_not_found(ada: User, alice: User) -> None:
    stranger = make_person("carol")
    other = workspaces.add(
        slug="other",
        name="Other",
        region=Region.BEIJING,
        key_reference="OTHER",
        actor=actors.command_line(),
    )
    for person in (stranger, alice):
        with audit.act(acting(person)) as act:
            act.record(Verb.SIGNED_OUT)
    with audit.act(acting(alice)) as act:
        act.record(Verb.WORKSPACE_CHANGED, other)

    assert verbs(ada, workspace="other") == []
    assert Verb.WORKSPACE_CHANGED not in verbs(ada)
    # What belongs to no workspace is shown of the people of one's own.
    assert verbs(ada, verbs=(Verb.SIGNED_OUT,)) == [Verb.SIGNED_OUT]
    assert verbs(ada, person="carol") == []


def test_whoever_audits_every_workspace_sees_what_belongs_to_none(ada: User) -> None:
    with audit.act(acting(make_person("carol"))) as act:
        act.record(Verb.SIGNED_OUT)

    assert verbs(ada, person="carol") == [Verb.SIGNED_OUT]


def test_pages_neither_skip_nor_repeat_while_events_arrive(
    ada: User, workspace: Workspace, alice: User
) -> None:
    reach, search = history_reach.of(ada), EventSearch()
    first = page_of(search, reach, size=3)
    make_history(workspace, alice)
    second = page_of(search, reach, before=first.before, size=3)
    back = page_of(search, reach, after=second.after, size=3)

    seqs = [event.seq for page in (first, second) for event in page.events]
    assert seqs == list(range(seqs[0], seqs[0] - 6, -1))
    assert first.after is None
    assert [event.seq for event in back.events] == seqs[:3]
    assert back.after == seqs[0]
    assert page_of(search, reach, after=seqs[0] + 4, size=3).after is None


def test_words_are_looked_for_a_stretch_at_a_time(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_search, "SCANNED_EVENTS", 3)
    reach, search = history_reach.of(ada), EventSearch(q="new weights")

    pages, before = [], None
    while True:
        page = page_of(search, reach, before=before, size=50)
        pages.append(page)
        before = page.before
        if before is None:
            break

    last = AuditEvent.objects.latest("seq").seq
    assert [event.verb for page in pages for event in page.events] == [Verb.GUARD_OVERRIDDEN]
    assert [page.scanned_to for page in pages[:2]] == [last - 2, last - 5]
    assert pages[-1].scanned_to is None


def test_a_page_costs_the_same_whatever_it_finds(
    ada: User, workspace: Workspace, alice: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            page_of(EventSearch(q="so", person="alice"), history_reach.of(ada), size=50)
        return len(caught)

    few = queries()
    for _again in range(4):
        make_history(workspace, alice)

    assert queries() == few


def test_what_is_wrong_is_named_and_does_not_narrow() -> None:
    values = {
        "since": "soon",
        "until": "2026-02-30",
        "token": "x",
        "job": "-1",
        "outcome": "good",
        "reviewed": "maybe",
        "person": "a\x00b",
    }

    search, problems = history_search.read(values, ["job.sung", "job.submitted"], UTC)

    assert search == EventSearch(verbs=("job.submitted",), person="ab")
    assert set(problems) == {"since", "until", "token", "job", "outcome", "reviewed", "verb"}


def test_a_search_can_be_sent_as_an_address() -> None:
    values = {"since": "2026-01-31", "until": "2026-02-01", "token": "4", "job": "#5", "q": "a b"}
    search, problems = history_search.read(values, ["job.gone", "job.gone"], UTC)

    again, _ = history_search.read(search.query(), list(search.query()["verb"]), UTC)

    assert problems == {}
    assert search.until
    assert search.until.isoformat() == "2026-02-02T00:00:00+00:00"
    assert again == search
    assert search.narrows
    assert not EventSearch().narrows


@pytest.mark.parametrize("text", ["9" * 19, "9" * 400, "0"])
def test_numbers_that_no_database_takes_are_refused(ada: User, text: str) -> None:
    search, problems = history_search.read({"job": text, "person": text, "q": text}, [], UTC)

    assert problems.keys() == {"job"}
    assert list(search.events(history_reach.of(ada))) == []
