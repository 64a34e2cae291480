"""GET /jobs/{id}/events and GET /audit/events."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from jobs import actors
from jobs.choices import Role, Verb
from jobs.models import AuditEvent, AuditPersonal, User, Workspace
from jobs.services import members
from tests.api.calling import FIELDS, Script
from tests.api.test_submissions import second_workspace


def seqs(answer: Any) -> list[int]:
    return [event["seq"] for event in answer.json()["items"]]


def walk(script: Script, path: str, **query: Any) -> list[int]:
    """The numbers on all pages, for whoever follows `next`."""
    seen, cursor = [], ""
    while cursor is not None:
        answer = script.get(path, cursor=cursor, **query)
        assert answer.status_code == 200, answer.json()
        seen += seqs(answer)
        cursor = answer.json()["next"]
    return seen


def test_an_event_says_who_did_what_from_where(bob: User, ada: User) -> None:
    script = Script(bob)
    job = script.submit().json()

    event = Script(ada).get("/audit/events", verb="job.submitted").json()["items"][0]

    stored = AuditEvent.objects.get(verb=Verb.JOB_SUBMITTED)
    assert (event["seq"], event["hash"]) == (stored.seq, stored.hash)
    assert (event["verb"], event["workspace"]) == ("job.submitted", "main")
    assert event["actor"] == {
        "kind": "token",
        "id": bob.pk,
        "name": "Bob",
        "token_id": script.token.pk,
        "token": script.token.name,
    }
    assert event["address"] == "127.0.0.1"
    assert event["subject"] == {"kind": "importjob", "id": job["id"], "label": "Support tone"}
    assert FIELDS["object_key"] in event["data"]["payload"]
    assert event["at"].endswith("+00:00")


def test_values_that_were_erased_read_so(bob: User, ada: User) -> None:
    Script(bob).submit()
    AuditPersonal.objects.filter(user_id=bob.pk).delete()

    event = Script(ada).get("/audit/events", verb="job.submitted").json()["items"][0]

    assert event["actor"]["name"] == f"person {bob.pk}"


def test_a_jobs_events_are_its_own_oldest_first(bob: User, vera: User) -> None:
    script = Script(bob)
    first = script.submit().json()["id"]
    script.submit(object_key="models/other/")

    answer = Script(vera).get(f"/jobs/{first}/events")

    assert {event["subject"]["id"] for event in answer.json()["items"]} == {first}
    assert seqs(answer) == sorted(seqs(answer))


def test_addresses_are_for_those_who_may_audit(bob: User, vera: User, ada: User) -> None:
    path = f"/jobs/{Script(bob).submit().json()['id']}/events"

    seen = {who: Script(who).get(path).json()["items"][0]["address"] for who in (vera, ada)}

    assert seen == {vera: None, ada: "127.0.0.1"}
    assert Script(ada, scopes=["read"]).get(path).json()["items"][0]["address"] is None


def test_no_event_is_skipped_or_repeated_while_more_arrive(bob: User, ada: User) -> None:
    script, auditor = Script(bob), Script(ada)
    for number in range(3):
        script.submit(object_key=f"models/{number}/")
    before = set(AuditEvent.objects.values_list("seq", flat=True))
    seen: list[int] = []
    cursor = ""

    while cursor is not None:
        answer = auditor.get("/audit/events", cursor=cursor, limit=2)
        seen += seqs(answer)
        cursor = answer.json()["next"]
        script.submit(object_key=f"models/later-{len(seen)}/")

    assert before <= set(seen)
    assert seen == sorted(seen, reverse=True)


def test_whoever_comes_back_gets_what_is_new_and_misses_none(bob: User, ada: User) -> None:
    script, auditor = Script(bob), Script(ada)
    script.submit()
    known = walk(auditor, "/audit/events", after=0, limit=2)

    script.submit(object_key="models/later/")
    new = walk(auditor, "/audit/events", after=known[-1], limit=2)

    everything = list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True))
    assert known + new == everything


def test_it_finds_what_is_asked_for(bob: User, ada: User, workspace: Workspace) -> None:
    script, auditor = Script(bob), Script(ada)
    job = script.submit()

    def found(**query: Any) -> set[str]:
        return {event["verb"] for event in auditor.get("/audit/events", **query).json()["items"]}

    assert found(job=job.json()["id"]) == {"job.submitted"}
    assert found(act=job["X-Request-Id"]) == {"job.submitted"}
    assert found(token=script.token.pk) == {"job.submitted"}
    assert found(person="bob") == {"job.submitted"}
    assert found(q="support-tone") == {"job.submitted"}
    assert found(verb=["job.submitted", "token.created"]) == {"job.submitted", "token.created"}
    assert found(workspace="main", since="2999-01-01") == set()


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"verb": "job.eaten"}, "verb"),
        ({"job": "one"}, "job"),
        ({"token": "9" * 5000}, "token"),
        ({"outcome": "good"}, "outcome"),
        ({"since": "yesterday"}, "since"),
        ({"cursor": "sideways-1"}, "cursor"),
        ({"cursor": "before-" + "9" * 5000}, "cursor"),
        ({"after": "x"}, "after"),
        ({"vreb": "job.submitted"}, "vreb"),
        ({"job": ["1", "2"]}, "job"),
    ],
)
def test_it_widens_nothing_when_it_does_not_understand(
    ada: User, query: dict[str, Any], wrong: str
) -> None:
    answer = Script(ada).get("/audit/events", **query)

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [wrong]


def test_an_auditor_reads_their_own_workspaces_alone(bob: User, ada: User) -> None:
    research = second_workspace()
    members.add(research, bob, Role.SUBMITTER, actor=actors.command_line())
    Script(bob).submit(workspace="research")

    found = Script(ada).get("/audit/events", limit=100).json()["items"]

    assert "research" not in {event["workspace"] for event in found}


def test_the_history_is_for_auditors_and_tokens_made_for_it(bob: User, ada: User) -> None:
    assert Script(bob).get("/audit/events").status_code == 403
    assert Script(ada, scopes=["read", "submit"]).get("/audit/events").status_code == 403


def test_a_page_costs_the_same_however_many_events_it_has(
    bob: User, ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    script, auditor = Script(bob), Script(ada)
    for number in range(4):
        script.submit(object_key=f"models/{number}/")

    with django_assert_max_num_queries(9):
        auditor.get("/audit/events")
