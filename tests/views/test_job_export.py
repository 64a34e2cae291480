import json
from collections.abc import Callable

from django.test import Client

from jobs.choices import JobStatus, Verb
from jobs.models import AuditEvent, User, Workspace
from tests.making import make_job


def test_it_sends_the_filtered_jobs_as_a_file(
    workspace: Workspace, vera: User, client_of: Callable[[User], Client]
) -> None:
    make_job(workspace)
    failed = make_job(workspace, status=JobStatus.FAILED)

    answer = client_of(vera).get("/jobs/export/csv/?status=failed&q=%25s")
    plain = client_of(vera).get("/jobs/export/csv/?status=failed")

    assert answer.getvalue().decode().splitlines()[-1].startswith("end,0,")
    assert plain["Content-Type"] == "text/csv; charset=utf-8"
    lines_of_json = client_of(vera).get("/jobs/export/jsonl/?status=failed")
    assert lines_of_json["Content-Type"] == "application/jsonl; charset=utf-8"
    assert lines_of_json["Content-Disposition"].endswith('.jsonl"')
    assert json.loads(lines_of_json.getvalue().splitlines()[0])["id"] == failed.pk
    assert client_of(vera).get("/jobs/export/xml/").status_code == 404
    assert plain["Content-Disposition"].startswith('attachment; filename="import-jobs-')
    lines = plain.getvalue().decode().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["\ufeffid", str(failed.pk), "end"]


def test_the_list_leads_to_it_with_its_own_filters(
    workspace: Workspace, vera: User, client_of: Callable[[User], Client]
) -> None:
    make_job(workspace, status=JobStatus.FAILED)

    page = client_of(vera).get("/jobs/?status=failed&sort=oldest").content.decode()

    assert 'href="/jobs/export/csv/?status=failed"' in page
    assert 'href="/jobs/export/jsonl/?status=failed"' in page


def test_a_filter_that_is_wrong_exports_nothing(
    vera: User, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(vera)

    answer = browser.get("/jobs/export/csv/?since=soon")
    browser.head("/jobs/export/csv/")

    assert answer["Location"] == "/jobs/?since=soon"
    assert not AuditEvent.objects.filter(verb=Verb.JOBS_EXPORTED).exists()
