"""The events as CSV and as lines of JSON: what is filtered, and whole or known not to be."""

import csv
import hashlib
import io
import json

import pytest

from jobs.choices import Verb
from jobs.errors import NotPermitted
from jobs.models import AuditEvent, User, Workspace
from jobs.services import audit, exports
from jobs.services.history_search import EventSearch
from tests.audit.histories import ADDRESS, AGENT, acting, make_history
from tests.making import make_job


@pytest.fixture(autouse=True)
def _history(workspace: Workspace, alice: User, ada: User) -> None:
    make_history(workspace, alice)


def csv_of(person: User, search: EventSearch | None = None) -> tuple[list[dict[str, str]], bytes]:
    """The rows of the person's export, and the whole file."""
    begun = exports.begin(search or EventSearch(), form="csv", actor=acting(person))
    content = b"".join(exports.csv_rows(begun, "en"))
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")))), content


def test_csv_has_a_row_for_each_event_and_a_last_one_that_seals_it(ada: User) -> None:
    rows, content = csv_of(ada)

    *events, end = rows
    assert [row["seq"] for row in events] == [
        str(seq) for seq in range(1, AuditEvent.objects.latest("seq").seq)
    ]
    assert end["seq"] == "end"
    assert end["at"] == str(len(events))
    sealed = content[: content.rindex(b"end,")]
    assert end["verb"] == hashlib.sha256(sealed).hexdigest()


def test_a_row_says_who_did_what_when_and_from_where(ada: User, alice: User) -> None:
    rows, _content = csv_of(ada, EventSearch(verbs=(Verb.DELETION_REQUESTED,)))

    row = rows[0]
    assert (row["actor"], row["actor_kind"], row["token_id"]) == (
        "Alice, with the token Laptop,",
        "token",
        "4",
    )
    assert (row["address"], row["user_agent"], row["workspace"]) == (ADDRESS, AGENT, "main")
    assert row["at"].endswith("Z")
    assert row["sentence"].startswith("Alice, with the token Laptop, asked to delete Ton & “Ärger”")
    assert json.loads(row["data"]) == {"deletion": 1, "reason": "so"}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(workspace: Workspace, ada: User, sign: str) -> None:
    job = make_job(workspace, display_name=f"{sign}HYPERLINK()")
    with audit.act(acting(ada)) as act:
        act.record(Verb.JOB_GONE, job)

    rows, _content = csv_of(ada, EventSearch(job=job.pk))

    assert rows[0]["subject"] == f"'{sign}HYPERLINK()"
    assert not any(value.startswith(exports.FORMULA_SIGNS) for value in rows[0].values())


def test_lines_of_json_say_the_same(ada: User) -> None:
    begun = exports.begin(EventSearch(), form="jsonl", actor=acting(ada))

    content = b"".join(exports.json_lines(begun, "en"))

    *events, end = [json.loads(line) for line in content.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, begun.last + 1))
    assert events[-1]["data"] == {"deletion": 1, "reason": "so"}
    sealed = content[: content.rindex(b'{"count"')]
    assert end == {
        "end": True,
        "count": len(events),
        "sha256": hashlib.sha256(sealed).hexdigest(),
    }


def test_it_goes_through_many_windows_in_flat_memory(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "WINDOW", 2)

    rows, _content = csv_of(ada)

    assert len({row["seq"] for row in rows}) == len(rows)


def test_readers_cannot_export(bob: User, vera: User, charlie: User) -> None:
    for person in (bob, vera, charlie):
        with pytest.raises(NotPermitted):
            exports.begin(EventSearch(), form="csv", actor=acting(person))
