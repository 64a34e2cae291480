"""Erasing a person: the name is in no dump, and the history verifies before and after."""

from collections.abc import Iterator

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.utils import timezone

from jobs import actors
from jobs.choices import JobStatus, Role, Verb
from jobs.models import AuditEvent, AuditPersonal, ImportJob, User, Workspace
from jobs.services import (
    chain_verification,
    erasure,
    history,
    invitations,
    members,
    removal,
    saved_views,
    tokens,
)
from tests.audit.histories import acting, admit, make_history
from tests.making import PASSWORD, make_job, make_person

NAME = "Zsófia"
MAIL = "zsofia.kovacs@example.com"
TOKEN = "Zsófia's laptop"


@pytest.fixture
def zsofia(workspace: Workspace, alice: User) -> User:
    """Somebody who did everything that leaves a name behind."""
    names = {"first_name": NAME, "last_name": "Kovács", "email": MAIL}
    person = admit("zsofia", Role.ADMIN, workspace, **names)
    make_history(workspace, person)
    tokens.create(person, name=TOKEN, scopes=["read"], actor=acting(person))
    gone = make_job(workspace, by=person, status=JobStatus.FAILED)
    removal.request(gone, reason="", actor=acting(person))
    ImportJob.objects.filter(pk=gone.pk).update(
        deleted_at=timezone.now(), deleted_by_label=person.label
    )
    saved_views.save(workspace, name="Failed", query="status=failed", actor=acting(person))
    invitations.invite(workspace, role=Role.VIEWER, note="", days=7, actor=acting(person))
    members.add(workspace, make_person("eve"), Role.VIEWER, actor=acting(person))
    Client().post("/accounts/login/", {"username": "zsofia", "password": "wrong"})
    Client().post("/accounts/login/", {"username": "zsofia", "password": PASSWORD})
    return person


def everything() -> Iterator[str]:
    """Each text of the database, wherever it stands."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                yield from (str(value).lower() for value in row)


def where_found(*names: str) -> list[str]:
    return [text for text in everything() for name in names if name.lower() in text]


def test_the_name_is_in_no_dump_and_the_history_verifies_before_and_after(zsofia: User) -> None:
    assert len(where_found("zsofia", NAME, "Kovács", MAIL)) > 10
    chain_verification.verify([], lambda done, total: None)

    erased = erasure.erase(zsofia)

    assert where_found("zsofia", NAME, "Kovács", MAIL) == []
    assert erased.still_named_in == []
    assert erased.values > 10
    chain_verification.verify([], lambda done, total: None)


def test_what_they_did_stays_under_a_number(zsofia: User) -> None:
    erasure.erase(zsofia)

    event = AuditEvent.objects.get(verb=Verb.GUARD_OVERRIDDEN)
    [entry] = history.entries([event])
    assert event.actor_user_id == zsofia.pk
    assert entry.actor == f"person {zsofia.pk}"
    assert entry.address == "(erased)"
    assert ImportJob.objects.filter(submitted_by_label=f"erased-{zsofia.pk}").count() == 2
    last = history.entries(AuditEvent.objects.filter(verb=Verb.PERSON_ERASED))[0]
    assert last.sentence == "The command line erased a person’s name and addresses from the history"
    removed = history.entries(AuditEvent.objects.filter(verb=Verb.MEMBER_REMOVED))[0]
    assert removed.sentence == f"The command line removed person {zsofia.pk} from Model Studio"


def test_the_account_is_closed(zsofia: User) -> None:
    erasure.erase(zsofia)

    zsofia.refresh_from_db()
    assert not zsofia.is_active
    assert not zsofia.has_usable_password()
    assert not zsofia.memberships.exists()
    assert not zsofia.tokens.exists()
    assert not AccessAttempt.objects.filter(username="zsofia").exists()


def test_others_stay_as_they_are(zsofia: User, alice: User) -> None:
    before = set(AuditPersonal.objects.filter(user_id=alice.pk).values_list("value", flat=True))

    erasure.erase(zsofia)

    values = AuditPersonal.objects.filter(user_id=alice.pk).values_list("value", flat=True)
    assert set(values) == before
    assert before


def test_it_says_where_people_typed_the_name(zsofia: User, workspace: Workspace) -> None:
    job = make_job(workspace, display_name=f"Voice of {NAME}", status=JobStatus.FAILED)
    deletion = removal.request(job, reason="asked by Zsófia Kovács", actor=actors.command_line())

    erased = erasure.erase(zsofia)

    assert deletion.job == job
    assert len(erased.still_named_in) == 1
