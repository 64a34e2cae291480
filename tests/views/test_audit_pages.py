"""Exports, exceptions, the report, and a verification that somebody asks for."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from django.test import Client

from jobs.choices import JobStatus, Verb
from jobs.models import AuditEvent, ImportJob, User, Verification, Workspace
from jobs.services import audit, chain_verification
from tests.audit.histories import acting, make_history
from tests.making import make_job

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def job(workspace: Workspace, alice: User, ada: User) -> ImportJob:
    """The job whose history it is."""
    return make_history(workspace, alice)


@pytest.fixture
def ada_at(client_of: ClientOf, ada: User) -> Client:
    """Ada's browser."""
    return client_of(ada)


def test_an_export_has_exactly_what_is_filtered(ada_at: Client) -> None:
    response = ada_at.get("/audit/export/jsonl/?verb=guard.overridden&q=weights")

    *events, end = map(json.loads, response.getvalue().decode().splitlines())
    assert [event["verb"] for event in events] == ["guard.overridden"]
    assert end["count"] == 1
    assert response["Content-Disposition"].endswith('.jsonl"')
    assert AuditEvent.objects.latest("seq").verb == Verb.HISTORY_EXPORTED


def test_the_zip_and_the_table_come_as_files(ada_at: Client) -> None:
    table = ada_at.get("/audit/export/csv/")
    proof = ada_at.get("/audit/export/zip/")

    assert table.getvalue().decode("utf-8-sig").startswith("seq,at,verb,")
    assert "verify.py" in zipfile.ZipFile(io.BytesIO(proof.getvalue())).namelist()


def test_a_summary_is_in_the_readers_language(ada_at: Client) -> None:
    response = ada_at.get("/audit/export/zip/", headers={"Accept-Language": "zh-Hans"})

    summary = zipfile.ZipFile(io.BytesIO(response.getvalue())).read("summary.html").decode()
    assert '<html lang="zh-hans">' in summary


def test_a_wrong_filter_exports_nothing(ada_at: Client) -> None:
    response = ada_at.get("/audit/export/csv/?since=soon")

    assert response["Location"] == "/audit/?since=soon"
    assert not AuditEvent.objects.filter(verb=Verb.HISTORY_EXPORTED).exists()


def test_looking_whether_there_is_an_export_makes_none(ada_at: Client) -> None:
    assert ada_at.head("/audit/export/csv/").status_code == 200
    assert ada_at.get("/audit/export/doc/").status_code == 404
    assert not AuditEvent.objects.filter(verb=Verb.HISTORY_EXPORTED).exists()


def test_asking_for_a_verification_leaves_it_to_the_worker(ada_at: Client, ada: User) -> None:
    page = ada_at.post("/audit/verify/", follow=True).content.decode()

    assert "The worker verifies the history" in page
    assert Verification.objects.get().requested_by_id == ada.pk
    assert Verification.objects.get().finished_at is None
    assert chain_verification.verify_next("w")


def test_exceptions_stand_by_kind_with_the_way_to_all_of_them(
    ada_at: Client, workspace: Workspace, alice: User
) -> None:
    for _again in range(3):
        make_job(workspace, status=JobStatus.FAILED, object_key="models/bad/")
    with audit.act(acting(alice)) as act:
        act.record(Verb.ATTEMPT_UNKNOWN, make_job(workspace, status=JobStatus.UNCONFIRMED))

    page = ada_at.get("/audit/exceptions/?since=2020-01-01").content.decode()

    assert "/audit/?since=2020-01-01&amp;outcome=unknown" in page
    assert "although the same weights were submitted before" in page
    assert "acme-models/models/bad/" in page
    assert "reviewed=no" in page


def test_exceptions_of_a_day_on_which_nothing_happened_are_none(ada_at: Client) -> None:
    page = ada_at.get("/audit/exceptions/?since=2020-01-01&until=2020-01-02").content.decode()

    assert page.count("None in this period.") == 6


def test_the_report_counts_and_names_what_proves_it(ada_at: Client) -> None:
    last = AuditEvent.objects.latest("seq")

    page = ada_at.get("/audit/report/").content.decode()

    assert "Report on Model Studio" in page
    assert last.hash in page
    assert "/audit/export/zip/?since=" in page
    assert "new weights" in page


def test_the_report_on_nothing_says_so(ada_at: Client) -> None:
    page = ada_at.get("/audit/report/?since=2020-01-01&until=2020-01-02").content.decode()

    assert "Nothing was found." in page
    assert "Nobody." in page
