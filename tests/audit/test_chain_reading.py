"""A batch that is looked at as a whole hides nothing that stands between two of its texts."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.choices import Fault
from jobs.models import AuditEvent, AuditPersonal, User, Workspace
from jobs.services import chain, chain_reading
from jobs.services.chain import BadRecord
from tests.audit.histories import make_history, run
from tests.audit.lifting import lifted

# PostgreSQL would compile the statement for each stretch of a large history anew.
SET_UP = {
    "postgresql": ("SHOW jit", "off"),
    "sqlite": ("PRAGMA recursive_triggers", 1),
}


@pytest.fixture
def first(workspace: Workspace, alice: User) -> int:
    """The number of the first of the history's six events, which are the newest."""
    make_history(workspace, alice)
    return AuditEvent.objects.latest("seq").seq - 5


def found() -> tuple[int, Fault] | None:
    try:
        for _position in chain.walk(chain.head()):
            pass
    except BadRecord as bad:
        return bad.seq, bad.fault
    return None


def test_a_whole_history_is_never_read_event_by_event(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_reading, "one_by_one", None)

    with CaptureQueriesContext(connection) as captured:
        assert found() is None

    # Nor are its exchanges: they came with the stretch.
    assert [query["sql"] for query in captured if "jobs_exchange" in query["sql"]] == []


def test_a_letter_that_moved_from_one_hash_to_the_next_is_found(first: int) -> None:
    one, next_ = first + 1, first + 2
    with lifted():
        moved = f"(SELECT substr(hash, 64) FROM jobs_auditevent WHERE seq = {one})"
        if connection.vendor == "sqlite":  # elsewhere the column takes no 65th letter
            run(
                f"UPDATE jobs_auditevent SET previous_hash = {moved} || previous_hash "
                f"WHERE seq = {next_}"
            )
        run(f"UPDATE jobs_auditevent SET hash = substr(hash, 1, 63) WHERE seq = {one}")

    assert found() == (one, Fault.HASH)


def test_two_texts_that_became_one_are_found(first: int) -> None:
    one, next_ = AuditEvent.objects.filter(seq__in=(first + 1, first + 2)).order_by("seq")
    with lifted():
        AuditEvent.objects.filter(seq=one.seq).update(
            canonical=f"{one.canonical}\n{next_.canonical}"
        )
        AuditEvent.objects.filter(seq=next_.seq).update(canonical="")

    assert found() == (one.seq, Fault.DIGEST)


def test_of_two_bad_records_that_are_read_at_once_the_first_is_named(first: int) -> None:
    with_exchange, with_name = first + 2, first + 5
    assert AuditPersonal.objects.filter(event_seq=with_name).exists()
    with lifted():
        run("UPDATE jobs_exchange SET response_body = 'other' WHERE call = 'create'")
        AuditPersonal.objects.filter(event_seq=with_name).update(value="somebody else")

    assert found() == (with_exchange, Fault.EXCHANGE)


@pytest.mark.parametrize("between", [chain_reading.BETWEEN, chain_reading.BETWEEN_VALUES])
def test_whatever_a_name_holds_a_good_history_is_good_and_an_altered_one_is_not(
    workspace: Workspace, between: str
) -> None:
    alice = User.objects.create_user(f"al{between}ice")
    make_history(workspace, alice)
    kept = AuditPersonal.objects.filter(value__contains=between).first()
    assert kept is not None
    assert found() is None

    with lifted():
        AuditPersonal.objects.filter(pk=kept.pk).update(value=kept.value.replace(between, ""))

    assert found() == (kept.event_seq, Fault.PERSONAL)


def test_whoever_stops_early_leaves_no_thread_and_a_connection_that_answers(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_reading, "BATCH", 1)
    before = threading.active_count()

    for _position in chain.walk(chain.head()):
        break

    assert threading.active_count() == before
    assert AuditEvent.objects.count() > 1


def test_every_connection_is_set_up_for_the_history(db: None) -> None:
    asked, expected = SET_UP[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(asked)
        assert cursor.fetchone() == (expected,)
