"""What the history's page remembers is never out of date: a reader who comes back sees at once
what has happened, and what has changed without an event."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import actors
from jobs.choices import Region, Role
from jobs.models import AuditCheckpoint, AuditEvent, User, Verification, Workspace
from jobs.services import erasure, members, reviews, tokens, workspaces
from tests.audit.histories import acting, make_history
from tests.making import make_person

DESK = actors.command_line()
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def read(
    workspace: Workspace, alice: User, ada: User, client_of: Callable[[User], Client]
) -> Callable[..., str]:
    """What Ada sees at an address; she has seen the page already."""
    make_history(workspace, alice)
    client = client_of(ada)

    def get(address: str = "/audit/", **cookies: str) -> str:
        client.cookies.load(cookies)
        return client.get(address).content.decode()

    get()
    return get


Read = Callable[..., str]


def test_who_comes_back_costs_a_handful_of_queries(read: Read) -> None:
    with CaptureQueriesContext(connection) as caught:
        read()

    assert len(caught) <= 7


def test_an_event_is_seen(read: Read, workspace: Workspace, alice: User) -> None:
    make_history(workspace, alice)
    last = AuditEvent.objects.latest("seq").seq

    page = read()

    assert f'id="event-{last}"' in page
    assert f'name="up_to" inputmode="numeric" pattern="[0-9]+" value="{last}"' in page


def test_a_mark_and_a_note_are_seen(read: Read, ada: User) -> None:
    before = read()

    reviews.mark(5, actor=acting(ada))
    reviews.note(4, "So it was.", actor=acting(ada))
    page = read()

    for words in ("up to event 5, by Ada", "1 note"):
        assert words in page
        assert words not in before
    assert '<tr id="event-5" role="row">' in page


def test_an_erased_name_is_gone(read: Read, alice: User) -> None:
    assert "Alice" in read()

    erasure.erase(alice)

    assert "Alice" not in read()


def test_a_member_and_a_token_are_offered_at_once(read: Read, workspace: Workspace) -> None:
    newcomer = make_person("dora", first_name="Dora")

    members.add(workspace, newcomer, Role.VIEWER, actor=DESK)
    with_member = read()
    tokens.create(newcomer, name="nightly", scopes=["read"], actor=DESK)

    assert f'<option value="{newcomer.pk}">Dora</option>' in with_member
    assert "nightly (Dora)</option>" in read()


def test_what_a_member_may_no_longer_read_is_not_shown(
    read: Read, workspace: Workspace, ada: User
) -> None:
    ada.memberships.update(role=Role.VIEWER)  # past the service: no event says so

    assert "<tbody" not in read()


def test_another_workspace_narrows_what_is_open(read: Read) -> None:
    assert "not all: sign-ins" not in read()

    workspaces.add(
        slug="other", name="Other", region=Region.BEIJING, key_reference="OTHER", actor=DESK
    )

    assert "not all: sign-ins" in read()


def test_what_changes_without_an_event_is_seen(read: Read) -> None:
    last = AuditEvent.objects.latest("seq")
    made: dict[str, Any] = {"at": timezone.now(), "due_at": timezone.now()}
    checkpoint = AuditCheckpoint.objects.create(seq=last.seq, hash=last.hash, **made)
    unsent = read()
    AuditCheckpoint.objects.filter(pk=checkpoint.pk).update(delivered_at=timezone.now())
    verification = Verification.objects.create(
        started_at=timezone.now(), up_to=last.seq, up_to_hash=last.hash, position_hash=last.hash
    )
    begun = read()
    Verification.objects.filter(pk=verification.pk).update(finished_at=timezone.now())
    ended = read()

    assert f"Signed up to event {last.seq}, not delivered" in unsent
    assert "the checkpoint left this machine" in begun
    assert "Verifying, 0 % done" in begun
    assert f"Verified up to event {last.seq}" in ended


def test_times_are_those_of_the_reader_and_of_the_moment(
    workspace: Workspace, alice: User, ada: User, client_of: Callable[[User], Client]
) -> None:
    with time_machine.travel(NOON, tick=False):
        make_history(workspace, alice)
        reviews.mark(1, actor=acting(ada))

    def seen(at: datetime, zone: str = "") -> str:
        with time_machine.travel(at, tick=False):
            client = client_of(ada)
            client.cookies["tz"] = zone
            return client.get("/audit/").content.decode()

    on_the_day = seen(NOON.replace(minute=5))
    later = seen(NOON.replace(minute=9))
    elsewhere = seen(NOON.replace(minute=9), "Asia/Shanghai")
    the_next_day = seen(NOON.replace(month=2, day=1))

    assert ">12:00:00</time>" in on_the_day
    assert "5 min ago" in on_the_day
    assert "9 min ago" in later
    assert ">20:00:00</time>" in elsewhere
    assert ">2026-01-31 12:00:00</time>" in the_next_day


def test_each_language_has_its_own(read: Read) -> None:
    chinese = read(django_language="zh-hans")

    assert "全部" in chinese
    assert "deleted" not in chinese.split("<tbody")[1]
    assert "Newest first" in read(django_language="en")
