"""The page of one event, and what auditors do there."""

from collections.abc import Callable

import pytest
from django.test import Client

from jobs.choices import Verb
from jobs.models import AuditEvent, Exchange, ImportJob, ReviewMark, ReviewNote, User, Workspace
from jobs.services import workspaces
from tests.audit.histories import ADDRESS, AGENT, acting, make_history, run
from tests.audit.lifting import lifted

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def job(workspace: Workspace, alice: User, ada: User) -> ImportJob:
    """The job whose history it is."""
    return make_history(workspace, alice)


@pytest.fixture
def ada_at(client_of: ClientOf, ada: User) -> Client:
    """Ada's browser."""
    return client_of(ada)


def page_of(client: Client, verb: Verb) -> str:
    """The page of the newest event of this verb."""
    seq = AuditEvent.objects.filter(verb=verb).latest("seq").seq
    response = client.get(f"/audit/events/{seq}/")
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_who_when_from_where_and_with_which_token(ada_at: Client, alice: User) -> None:
    page = page_of(ada_at, Verb.DELETION_REQUESTED)

    assert f'href="/audit/?person={alice.pk}">Alice</a>' in page
    assert 'href="/audit/?token=4">Laptop</a>' in page
    assert f'href="/audit/?q={ADDRESS}">{ADDRESS}</a>' in page
    assert AGENT in page
    event = AuditEvent.objects.get(verb=Verb.DELETION_REQUESTED)
    assert f'href="/audit/?act={event.act_id}"' in page
    assert event.hash in page
    assert "computed just now" in page


def test_it_leads_to_the_job_and_the_job_leads_back(
    ada_at: Client, client_of: ClientOf, bob: User, job: ImportJob
) -> None:
    event = AuditEvent.objects.get(verb=Verb.ATTEMPT_CONFIRMED)

    page = page_of(ada_at, Verb.ATTEMPT_CONFIRMED)

    assert f'href="/jobs/{job.pk}/#event-{event.seq}"' in page
    back = f'href="/audit/events/{event.seq}/"'
    assert back in ada_at.get(f"/jobs/{job.pk}/").content.decode()
    assert back not in client_of(bob).get(f"/jobs/{job.pk}/").content.decode()


def test_it_shows_what_changed_before_and_after(
    ada_at: Client, workspace: Workspace, alice: User
) -> None:
    workspaces.change(
        workspace,
        name="New <b>name</b>",
        region=workspace.region,
        key_reference=workspace.key_reference,
        actor=acting(alice),
    )

    page = page_of(ada_at, Verb.WORKSPACE_CHANGED)

    assert "<del>Model Studio</del>" in page
    assert "<ins>New &lt;b&gt;name&lt;/b&gt;</ins>" in page


def test_it_shows_what_was_sent_and_what_came_back(ada_at: Client) -> None:
    page = page_of(ada_at, Verb.ATTEMPT_CONFIRMED)

    assert "What was sent and what came back" in page
    assert "&quot;PENDING&quot;" in page
    assert "changed after it was kept" not in page


def test_it_says_when_what_came_back_was_changed_afterwards(ada_at: Client) -> None:
    Exchange.objects.update(response_body="{}")

    assert "changed after it was kept" in page_of(ada_at, Verb.ATTEMPT_CONFIRMED)


def test_it_says_when_the_event_itself_was_changed(ada_at: Client) -> None:
    with lifted():
        run("UPDATE jobs_auditevent SET digest = 'x' WHERE verb = 'job.submitted'")

    page = page_of(ada_at, Verb.JOB_SUBMITTED)

    assert "This event was changed after it was written" in page
    assert "computed just now" not in page


def test_events_of_the_same_act_stand_beside_it(ada_at: Client) -> None:
    seq = AuditEvent.objects.get(verb=Verb.GUARD_OVERRIDDEN).seq

    page = page_of(ada_at, Verb.JOB_SUBMITTED)

    assert "The same act" in page
    assert f'href="/audit/events/{seq}/"' in page


@pytest.mark.parametrize("seq", ["999", str(2**63), "9" * 40])
def test_an_event_that_there_is_not_is_not_found(ada_at: Client, seq: str) -> None:
    assert ada_at.get(f"/audit/events/{seq}/").status_code == 404
    assert ada_at.post(f"/audit/events/{seq}/note/", {"note": "x"}).status_code == 404


def test_a_note_becomes_part_of_the_history(ada_at: Client) -> None:
    response = ada_at.post("/audit/events/4/note/", {"note": "Asked: <b>fine</b>."})

    assert response["Location"] == "/audit/events/4/"
    page = ada_at.get("/audit/events/4/").content.decode()
    assert "Asked: &lt;b&gt;fine&lt;/b&gt;." in page
    assert ReviewNote.objects.get().event_seq == 4


@pytest.mark.parametrize("text", ["", "a\u202eb", "x" * 1001])
def test_a_note_that_cannot_be_kept_is_refused_and_not_lost(ada_at: Client, text: str) -> None:
    response = ada_at.post("/audit/events/4/note/", {"note": text})

    assert response.status_code == 422
    assert text in response.content.decode()
    assert 'class="fault"' in response.content.decode()
    assert not ReviewNote.objects.exists()


def test_a_mark_is_set_from_here_and_leads_back(ada_at: Client) -> None:
    here = "/audit/events/4/"
    response = ada_at.post("/audit/review/", {"up_to": "4", "next": here}, follow=True)

    page = response.content.decode()
    assert response.redirect_chain == [(here, 302)]
    assert "The history is marked as reviewed up to event 4." in page
    assert "Reviewed up to here" not in page
    assert set(ReviewMark.objects.values_list("up_to", flat=True)) == {4}
    again = ada_at.post("/audit/review/", {"up_to": "3"}, follow=True)
    assert "It was reviewed as far as that already." in again.content.decode()


@pytest.mark.parametrize("up_to", ["", "x", "0", "999", "9" * 30])
def test_a_mark_at_no_event_is_refused(ada_at: Client, up_to: str) -> None:
    response = ada_at.post("/audit/review/", {"up_to": up_to}, follow=True)

    assert "There is no event of this number." in response.content.decode()
    assert not ReviewMark.objects.exists()
