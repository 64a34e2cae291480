"""The history page: filters that combine as links, and how far it is proved."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import actors
from jobs.choices import Region, Verb
from jobs.models import AuditEvent, ImportJob, User, Verification, Workspace
from jobs.services import (
    audit,
    chain_verification,
    checkpoints,
    checkpoints_delivery,
    history_search,
    reviews,
    workspaces,
)
from tests.audit.histories import ADDRESS, acting, make_history, run
from tests.audit.lifting import lifted

ClientOf = Callable[[User], Client]
SIGNING_KEY = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"


@pytest.fixture(autouse=True)
def job(workspace: Workspace, alice: User, ada: User) -> ImportJob:
    """The job whose history it is."""
    return make_history(workspace, alice)


@pytest.fixture
def get(client_of: ClientOf, ada: User) -> Callable[[str], str]:
    """What Ada sees at an address."""
    client = client_of(ada)

    def read(address: str = "/audit/") -> str:
        response = client.get(address)
        assert response.status_code == 200
        return response.content.decode()

    return read


Get = Callable[[str], str]


def shown(page: str) -> list[int]:
    """The numbers of the events on the page, in their order."""
    return [int(seq) for seq in re.findall(r'<tr id="event-(\d+)"', page)]


def test_the_newest_events_come_first_with_who_what_and_from_where(
    get: Get, alice: User, job: ImportJob
) -> None:
    page = get("/audit/")

    assert shown(page) == list(range(AuditEvent.objects.latest("seq").seq, 0, -1))
    assert f'href="/audit/?person={alice.pk}"' in page
    assert f'href="/audit/?q={ADDRESS}"' in page
    assert 'href="/audit/?token=4"' in page
    assert f'href="/jobs/{job.pk}/"' in page
    assert "“Ärger” 客服" in page


def test_a_link_in_a_row_adds_to_the_filters_that_are_set(get: Get, alice: User) -> None:
    page = get("/audit/?verb=deletion.requested&before=9999")

    link = re.search(r'href="(/audit/\?[^"]*token=4[^"]*)"', page)
    assert link
    query = parse_qs(urlsplit(link[1].replace("&amp;", "&")).query)
    assert query == {"verb": ["deletion.requested"], "token": ["4"]}


@pytest.mark.parametrize(
    ("query", "verbs"),
    [
        ("verb=guard.overridden&verb=attempt.confirmed", ["attempt.confirmed", "guard.overridden"]),
        ("outcome=failed", ["job.status_changed"]),
        ("token=4&person=alice", ["deletion.requested"]),
        ("q=weights", ["guard.overridden"]),
        ("q=no-such-word", []),
        ("since=2020-01-01&until=2020-12-31", []),
        ("workspace=elsewhere", []),
    ],
)
def test_filters_combine(get: Get, query: str, verbs: list[str]) -> None:
    found = AuditEvent.objects.filter(seq__in=shown(get(f"/audit/?{query}"))).order_by("-seq")

    assert list(found.values_list("verb", flat=True)) == verbs


def test_what_is_set_stands_above_and_can_be_taken_away_one_by_one(get: Get, alice: User) -> None:
    page = get(f"/audit/?person={alice.pk}&outcome=failed&reviewed=no&act=abc")

    for words in ("Person: <b>Alice</b>", "Outcome: <b>Failed</b>", "Reviewed: <b>not yet</b>"):
        assert words in page
    assert f"/audit/?person={alice.pk}&amp;reviewed=no&amp;act=abc" in page


def test_a_wrong_filter_is_named_at_its_field(get: Get) -> None:
    page = get("/audit/?job=x&since=soon")

    assert "Write a number." in page
    assert "Write a day as 2026-01-31" in page
    assert '<details class="more" open>' in page


@pytest.mark.parametrize("place", ["before=x", "after=-1", f"before={2**63}", "before=0"])
def test_a_place_that_there_is_not_leads_to_the_newest_page(
    client_of: ClientOf, ada: User, place: str
) -> None:
    response = client_of(ada).get(f"/audit/?q=a&{place}")

    assert response["Location"] == "/audit/?q=a"


def test_it_pages_by_number(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.views.audit_history.PAGE_SIZE", 3)
    first = get("/audit/?workspace=main")
    older = re.search(r'rel="next" href="([^"]+)"', first)

    assert older
    second = get(older[1].replace("&amp;", "&"))

    assert shown(second) == [seq - 3 for seq in shown(first)]
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer
    assert shown(get(newer[1].replace("&amp;", "&"))) == shown(first)


def test_a_search_for_words_offers_to_look_further_back(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_search, "SCANNED_EVENTS", 2)

    page = get("/audit/?q=weights")

    assert "Nothing was found back to event" in page
    assert "Look further back" in page


def test_a_page_costs_the_same_number_of_queries_whatever_is_on_it(
    get: Get, workspace: Workspace, alice: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            get("/audit/?outcome=failed")
        return len(caught)

    few = queries()
    for _again in range(5):
        make_history(workspace, alice)

    assert queries() == few
    assert few <= 24


def test_events_of_other_workspaces_are_not_there_at_all(get: Get) -> None:
    other = workspaces.add(
        slug="other",
        name="Secret project",
        region=Region.BEIJING,
        key_reference="OTHER",
        actor=actors.command_line(),
    )
    with audit.act(actors.command_line()) as act:
        act.record(Verb.WORKSPACE_CHANGED, other)

    page = get("/audit/")

    assert "Secret project" not in page
    assert "You audit some workspaces of this installation, not all" in page


def test_unreviewed_events_are_marked(get: Get, ada: User) -> None:
    reviews.mark(5, actor=acting(ada))

    page = get("/audit/")

    fresh = [int(seq) for seq in re.findall(r'<tr id="event-(\d+)" role="row" class="fresh"', page)]
    assert fresh == [seq for seq in shown(page) if seq > 5]
    assert "not reviewed" in page
    assert "up to event 5, by Ada" in page


def test_notes_are_counted_in_their_rows(get: Get, ada: User) -> None:
    reviews.note(4, "One.", actor=acting(ada))
    reviews.note(4, "Two.", actor=acting(ada))

    assert "2 notes" in get("/audit/")


def test_it_says_how_far_the_history_is_verified_and_signed(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = get("/audit/")
    monkeypatch.setenv("AUDIT_SIGNING_KEY", SIGNING_KEY)
    checkpoints.sign_next()
    signed = get("/audit/")
    checkpoints_delivery.deliver_next("w")
    chain_verification.request(actor=actors.command_line())
    verifying = get("/audit/")
    while chain_verification.verify_next("w"):
        pass
    verified = get("/audit/")

    last = AuditEvent.objects.latest("seq").seq - 1
    assert "Not verified yet" in before
    assert "Nothing leaves this machine" in before
    assert f"Signed up to event {last}, not delivered" in signed
    assert "Verifying, 0 % done" in verifying
    assert 'hx-trigger="every 2s"' in verifying
    assert f"Verified up to event {last}" in verified
    assert f"Signed up to event {last}<" in verified
    assert "hx-trigger" not in verified.partition('id="proof"')[2].partition("</section>")[0]


def test_it_says_what_is_bad(get: Get) -> None:
    with lifted():
        run("UPDATE jobs_auditevent SET verb = 'job.gone' WHERE seq = 4")
    while chain_verification.verify_next("w"):
        pass

    page = get("/audit/")

    assert "Event 4 is bad" in page
    assert "its columns do not say what its text says" in page


def test_htmx_gets_the_proof_alone(client_of: ClientOf, ada: User) -> None:
    response = client_of(ada).get("/audit/", headers={"HX-Request": "true"})

    assert response.content.decode().strip().startswith('<section class="card proof"')


def test_readers_are_told_who_audits(client_of: ClientOf, bob: User) -> None:
    response = client_of(bob).get("/audit/")

    assert response.status_code == 403
    assert "Ada" in response.content.decode()


def test_the_navigation_leads_there_only_for_auditors(
    client_of: ClientOf, ada: User, bob: User
) -> None:
    assert 'href="/audit/"' in client_of(ada).get("/jobs/").content.decode()
    assert 'href="/audit/"' not in client_of(bob).get("/jobs/").content.decode()


def test_an_unfinished_verification_of_long_ago_is_shown_as_such(get: Get) -> None:
    Verification.objects.create(
        started_at=timezone.now() - timedelta(days=1),
        up_to=100,
        up_to_hash="x",
        position=60,
        position_hash="x",
    )

    assert "Verifying, 30 % done" in get("/audit/")
