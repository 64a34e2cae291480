from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.choices import JobStatus
from jobs.models import ImportJob, User, Workspace
from tests.making import make_job
from tests.views.job_pages import FRAGMENT, get, names, refresh_url_in, version_in

ClientOf = Callable[[User], Client]


def test_a_refresh_is_the_rows_alone(client_of: ClientOf, vera: User, workspace: Workspace) -> None:
    make_job(workspace, display_name="Here")
    client = client_of(vera)

    response = client.get(refresh_url_in(get(client)), **FRAGMENT)

    page = response.content.decode()
    assert page.strip().startswith('<div id="jobs"')
    assert names(page) == ["Here"]
    assert "HX-Request" in response["Vary"]


def test_an_unchanged_refresh_is_an_empty_304(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace, status=JobStatus.RUNNING)
    client = client_of(vera)
    page = get(client)
    headers = FRAGMENT | {"HTTP_IF_NONE_MATCH": f'"{version_in(page)}"'}

    with CaptureQueriesContext(connection) as captured:
        response = client.get(refresh_url_in(page), **headers)

    assert (response.status_code, response.content) == (304, b"")
    assert len(captured) <= 4  # the session and the person are two of them


def test_a_change_in_a_row_ends_the_304(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.RUNNING)
    client = client_of(vera)
    page = get(client)
    ImportJob.objects.filter(pk=job.pk).update(status=JobStatus.SUCCEEDED)

    response = client.get(
        refresh_url_in(page), **FRAGMENT, HTTP_IF_NONE_MATCH=f'"{version_in(page)}"'
    )

    assert response.status_code == 200
    assert 'data-status="succeeded"' in response.content.decode()


def test_new_jobs_are_announced_and_move_no_row(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace, display_name="Old")
    client = client_of(vera)
    page = get(client, "/jobs/?q=o")
    for name in ("Oh", "Ok", "Unrelated"):
        make_job(workspace, display_name=name, object_key=f"{name}/", bucket_name="bucket")

    refreshed = get(client, refresh_url_in(page), **FRAGMENT)

    assert names(refreshed) == ["Old"]
    assert 'href="/jobs/?q=o">3 new, show</a>' in refreshed


@pytest.mark.parametrize(
    ("status", "age", "seconds"),
    [
        (JobStatus.RUNNING, timedelta(minutes=1), 3),
        (JobStatus.RUNNING, timedelta(hours=1), 15),
        (JobStatus.SUCCEEDED, timedelta(minutes=1), 30),
    ],
)
def test_it_refreshes_as_often_as_it_is_worth(
    client_of: ClientOf,
    vera: User,
    workspace: Workspace,
    status: JobStatus,
    age: timedelta,
    seconds: int,
) -> None:
    make_job(workspace, status=status, created_at=timezone.now() - age)

    assert f'hx-trigger="every {seconds}s"' in get(client_of(vera))


def test_boosted_and_restored_pages_are_whole(client_of: ClientOf, vera: User) -> None:
    client = client_of(vera)

    boosted = get(client, **FRAGMENT, HTTP_HX_BOOSTED="true")
    restored = get(client, **FRAGMENT, HTTP_HX_HISTORY_RESTORE_REQUEST="true")

    assert boosted.startswith("<!doctype html>")
    assert restored.startswith("<!doctype html>")
