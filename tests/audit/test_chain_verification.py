"""Whoever alters the database, its triggers dropped, is found out, and the first bad record is
named."""

import json
from collections.abc import Callable

import pytest
from django.utils import timezone

from jobs import actors
from jobs.choices import Fault, Verb
from jobs.models import AuditEvent, User, Verification, Workspace
from jobs.services import audit, chain_verification, checkpoints
from jobs.services.chain import BadRecord
from jobs.services.checkpoints import Checkpoint
from tests.audit.histories import make_history, run, texts, write_anew
from tests.audit.lifting import lifted

SIGNING_KEY = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
OTHER_KEY = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"


@pytest.fixture
def first(workspace: Workspace, alice: User) -> int:
    """The number of the first of the history's six events, which are the newest."""
    make_history(workspace, alice)
    return AuditEvent.objects.latest("seq").seq - 5


def found(outside: list[Checkpoint] | None = None) -> tuple[int, Fault] | None:
    """The first bad record and why it is bad, or None if all is well."""
    try:
        chain_verification.verify(outside or [], lambda done, total: None)
    except BadRecord as bad:
        return bad.seq, bad.fault
    return None


def test_a_history_as_it_was_written_is_whole(first: int) -> None:
    assert found() is None


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("canonical", "replace(canonical, 'new weights', 'old weights')", Fault.DIGEST),
        ("digest", "'{}'".format("0" * 64), Fault.DIGEST),
        ("previous_hash", "'{}'".format("1" * 64), Fault.LINK),
        ("hash", "'{}'".format("0" * 64), Fault.HASH),
        ("at", "'2020-01-01 00:00:00+00:00'", Fault.COLUMNS),
        ("verb", "'job.submitted'", Fault.COLUMNS),
        ("workspace_id", "NULL", Fault.COLUMNS),
        ("job_id", "job_id + 1", Fault.COLUMNS),
        ("actor_kind", "'worker'", Fault.COLUMNS),
        ("actor_user_id", "NULL", Fault.COLUMNS),
        ("token_id", "1", Fault.COLUMNS),
        ("act_id", "'another'", Fault.COLUMNS),
        ("outcome", "'unknown'", Fault.COLUMNS),
    ],
)
def test_a_changed_column_is_found(first: int, column: str, value: str, fault: Fault) -> None:
    bad = first + 1

    with lifted():
        run(f"UPDATE jobs_auditevent SET {column} = {value} WHERE seq = {bad}")

    assert found() == (bad, fault)


def test_a_missing_event_is_found(first: int) -> None:
    with lifted():
        run(f"DELETE FROM jobs_auditevent WHERE seq = {first + 2}")

    assert found() == (first + 2, Fault.MISSING)


def test_an_event_in_front_of_all_is_found(first: int) -> None:
    event = AuditEvent.objects.get(seq=first)

    with lifted():
        event.seq, event.previous_hash = 0, "none"
        event.save(force_insert=True)

    assert found() == (0, Fault.LINK)


def test_an_event_that_was_slipped_in_is_found(first: int) -> None:
    forged = AuditEvent.objects.get(seq=first)
    content = json.loads(forged.canonical)
    content["about"]["seq"] = forged.seq = first + 1
    forged.canonical = audit.canonical_text(content)
    forged.digest = audit.digest_of(forged.canonical)
    forged.previous_hash, forged.hash = forged.hash, audit.chain_hash(forged.hash, forged.digest)

    with lifted():
        for seq in range(first + 5, first, -1):
            run(
                f"UPDATE jobs_auditevent SET seq = {seq + 1} WHERE seq = {seq}",
                f"UPDATE jobs_auditpersonal SET event_seq = {seq + 1} WHERE event_seq = {seq}",
            )
        AuditEvent.objects.filter(seq=first + 2).update(previous_hash=forged.hash)
        forged.save(force_insert=True)
        run("UPDATE jobs_audithead SET seq = seq + 1")

    # The forged one is sound in itself; the one behind it tells of another before it.
    assert found() == (first + 2, Fault.HASH)


def test_an_event_beyond_the_head_is_found(first: int) -> None:
    with lifted():
        run(
            f"UPDATE jobs_audithead SET seq = {first + 4}, hash = (SELECT hash FROM "
            f"jobs_auditevent WHERE seq = {first + 4})"
        )

    assert found() == (first + 5, Fault.HEAD)


def test_two_events_in_each_others_place_are_found(first: int) -> None:
    with lifted():
        run(
            f"UPDATE jobs_auditevent SET seq = 999 WHERE seq = {first + 1}",
            f"UPDATE jobs_auditevent SET seq = {first + 1} WHERE seq = {first + 2}",
            f"UPDATE jobs_auditevent SET seq = {first + 2} WHERE seq = 999",
        )

    assert found() == (first + 1, Fault.LINK)


def test_two_texts_in_each_others_place_are_found(first: int) -> None:
    one, other = AuditEvent.objects.filter(seq__in=[first + 1, first + 2]).order_by("seq")

    with lifted():
        AuditEvent.objects.filter(seq=one.seq).update(canonical=other.canonical)
        AuditEvent.objects.filter(seq=other.seq).update(canonical=one.canonical)

    assert found() == (first + 1, Fault.DIGEST)


@pytest.mark.parametrize("change", ["value = 'Mallory'", "salt = 'other'", "field = 'address2'"])
def test_a_changed_personal_value_is_found(first: int, change: str) -> None:
    with lifted():
        run(
            f"UPDATE jobs_auditpersonal SET {change} "
            f"WHERE event_seq = {first + 1} AND field = 'address'"
        )

    assert found() == (first + 1, Fault.PERSONAL)


def test_a_personal_value_of_no_event_is_found(first: int) -> None:
    with lifted():
        run(
            "UPDATE jobs_auditpersonal SET event_seq = 999 WHERE id = "
            "(SELECT max(id) FROM jobs_auditpersonal)"
        )

    assert found() == (999, Fault.PERSONAL)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE jobs_exchange SET response_body = 'other' WHERE call = 'create'",
        "UPDATE jobs_exchange SET status_code = 500 WHERE call = 'create'",
        "UPDATE jobs_exchange SET request_id = 'other' WHERE call = 'create'",
        "UPDATE jobs_exchange SET response_body = '', bodies_pruned_at = finished_at "
        "WHERE call = 'create'",
        "DELETE FROM jobs_exchange WHERE call = 'create'",
    ],
)
def test_a_changed_exchange_is_found(first: int, change: str) -> None:
    run(change)

    assert found() == (first + 2, Fault.EXCHANGE)


def test_an_exchange_without_news_has_an_event_of_its_own(first: int) -> None:
    run("UPDATE jobs_exchange SET response_body = 'other' WHERE call = 'get'")

    assert found() == (first + 4, Fault.EXCHANGE)
    assert AuditEvent.objects.get(seq=first + 4).verb == Verb.EXCHANGE_KEPT


def test_what_stands_beside_an_event_is_found_before_a_later_event(first: int) -> None:
    run("UPDATE jobs_exchange SET response_body = 'other' WHERE call = 'create'")
    with lifted():
        run(f"UPDATE jobs_auditevent SET verb = 'job.gone' WHERE seq = {first + 4}")

    assert found() == (first + 2, Fault.EXCHANGE)


def test_a_changed_head_is_found(first: int) -> None:
    with lifted():
        run("UPDATE jobs_audithead SET hash = '{}'".format("0" * 64))

    assert found() == (first + 5, Fault.HEAD)


def test_a_missing_head_is_found(first: int) -> None:
    with lifted():
        run("DELETE FROM jobs_audithead")

    assert found() == (1, Fault.HEAD)


def test_a_cut_tail_is_found_while_the_head_stands(first: int) -> None:
    with lifted():
        run(f"DELETE FROM jobs_auditevent WHERE seq > {first + 2}")

    assert found() == (first + 3, Fault.MISSING)


# --- What no chain shows by itself: for that, checkpoints leave the machine


@pytest.fixture
def sent(first: int, monkeypatch: pytest.MonkeyPatch) -> list[Checkpoint]:
    """The checkpoint of the history's last event, as somebody else keeps it."""
    monkeypatch.setenv("AUDIT_SIGNING_KEY", SIGNING_KEY)
    assert checkpoints.sign_next()
    return list(checkpoints.kept())


def test_checkpoints_agree_with_a_history_that_went_on(
    sent: list[Checkpoint], workspace: Workspace, alice: User
) -> None:
    make_history(workspace, alice)

    _head, agreed = chain_verification.verify(sent, lambda done, total: None)

    assert agreed == 2  # the one that was kept here, and the same one from outside


def test_a_tail_that_was_cut_cleanly_is_found(first: int, sent: list[Checkpoint]) -> None:
    with lifted():
        run(
            f"DELETE FROM jobs_auditevent WHERE seq > {first + 2}",
            f"DELETE FROM jobs_auditpersonal WHERE event_seq > {first + 2}",
            f"UPDATE jobs_audithead SET seq = {first + 2}, hash = (SELECT hash FROM "
            f"jobs_auditevent WHERE seq = {first + 2})",
            "DELETE FROM jobs_auditcheckpoint",
        )

    assert found() is None
    assert found(sent) == (first + 3, Fault.CHECKPOINT)


def test_a_history_that_was_written_anew_is_found(first: int, sent: list[Checkpoint]) -> None:
    said = list(texts())[first]["data"]

    with lifted():
        write_anew({first + 1: {"data": said | {"reason": "no reason at all"}}})
        run("DELETE FROM jobs_auditcheckpoint")

    assert found() is None
    assert found(sent) == (first + 5, Fault.CHECKPOINT)


def test_a_new_history_signed_with_another_key_is_found(
    first: int, sent: list[Checkpoint], monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    with lifted():
        write_anew({first: {"data": {}}})
        run("DELETE FROM jobs_auditcheckpoint")
    monkeypatch.setenv("AUDIT_SIGNING_KEY", OTHER_KEY)
    checkpoints.sign_next()
    monkeypatch.delenv("AUDIT_SIGNING_KEY")
    settings.AUDIT_PUBLIC_KEYS = [sent[0].public_key]

    assert found() == (first + 5, Fault.SIGNATURE)


def test_a_checkpoint_of_another_installation_is_told_apart(
    sent: list[Checkpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    with lifted():
        write_anew({})  # the same texts, and so the same chain
        assert found(sent) is None
        write_anew({1: {"salt": "other"}})

    assert found(sent)[1] == Fault.CHECKPOINT


# --- The worker's verification, piece by piece


def do_all(step: Callable[[str], bool]) -> None:
    while step("worker 1"):
        pass


def test_the_worker_verifies_when_it_is_due_and_says_so(first: int) -> None:
    do_all(chain_verification.verify_next)

    done = chain_verification.latest()
    assert done
    assert done.finished_at
    assert done.bad_seq is None
    assert done.up_to == first + 5
    assert AuditEvent.objects.latest("seq").verb == Verb.HISTORY_VERIFIED


def test_the_worker_goes_on_where_another_stopped(
    workspace: Workspace, alice: User, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A piece is over before it began, so that each does one stretch of few events.
    monkeypatch.setattr(chain_verification, "PIECE_SECONDS", -1.0)
    monkeypatch.setattr("jobs.services.chain_reading.BATCH", 1)

    make_history(workspace, alice)
    make_history(workspace, alice)
    chain_verification.request(actor=actors.command_line())
    positions = []
    for number in range(100):
        chain_verification.verify_next(f"worker {number}")
        latest = chain_verification.latest()
        positions.append(latest.position)
        if latest.finished_at:
            break

    assert 0 < positions[0] < positions[1]
    assert latest.bad_seq is None


def test_the_worker_checks_exchanges_that_the_release_before_left_for_later(first: int) -> None:
    begun = chain_verification.request(actor=actors.command_line())
    event = AuditEvent.objects.get(seq=first + 4)
    Verification.objects.filter(pk=begun.pk).update(position=event.seq, position_hash=event.hash)
    run("UPDATE jobs_exchange SET response_body = 'other' WHERE call = 'create'")

    do_all(chain_verification.verify_next)

    assert Verification.objects.get().bad_seq == first + 2


def test_the_worker_keeps_what_it_found_bad(first: int, caplog: pytest.LogCaptureFixture) -> None:
    with lifted():
        run(f"UPDATE jobs_auditevent SET verb = 'job.gone' WHERE seq = {first}")

    do_all(chain_verification.verify_next)

    assert (Verification.objects.get().bad_seq, Verification.objects.get().fault) == (
        first,
        Fault.COLUMNS,
    )
    assert AuditEvent.objects.latest("seq").verb == Verb.HISTORY_FOUND_BAD
    assert f"event {first}" in caplog.text


def test_it_keeps_what_it_found_though_nothing_can_be_added_any_more(first: int) -> None:
    with lifted():
        run(f"DELETE FROM jobs_auditevent WHERE seq = {first + 5}")

    do_all(chain_verification.verify_next)

    assert Verification.objects.get().bad_seq == first + 5


def test_a_request_joins_the_verification_that_is_under_way(first: int, alice: User) -> None:
    asked = chain_verification.request(actor=actors.command_line())

    assert chain_verification.request(actor=actors.command_line()) == asked


def test_it_is_not_due_again_at_once_nor_when_it_is_switched_off(
    first: int, settings: object
) -> None:
    do_all(chain_verification.verify_next)
    assert Verification.objects.count() == 1

    settings.AUDIT_VERIFY_SECONDS = 0
    Verification.objects.update(started_at=timezone.now().replace(year=2020))

    assert not chain_verification.verify_next("worker 1")
