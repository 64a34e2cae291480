import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.choices import JobStatus
from jobs.models import User, Workspace
from jobs.views import job_list
from tests.making import change, make_job
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
    assert len(captured) == 2  # the session, with where the history stands, and the person
    head = "\r\n".join(f"{name}: {value}" for name, value in response.items())
    assert len(head) < 1024


def test_an_event_that_shows_in_no_row_renews_the_version_alone(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace)
    client = client_of(vera)
    page = get(client)
    change(job, looked_at=timezone.now())

    renewal = client.get(
        refresh_url_in(page), **FRAGMENT, HTTP_IF_NONE_MATCH=f'"{version_in(page)}"'
    )
    version = version_in(renewal.content.decode())
    again = client.get(refresh_url_in(page), **FRAGMENT, HTTP_IF_NONE_MATCH=f'"{version}"')

    assert (renewal["HX-Retarget"], renewal["HX-Reswap"]) == ("#refresh", "innerHTML")
    assert len(renewal.content) < 1024
    assert again.status_code == 304


def test_ages_go_on_in_the_page_and_not_by_refreshing(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    noon = timezone.now().replace(hour=12)  # a new day is another thing: it changes dates
    with time_machine.travel(noon) as clock:
        make_job(workspace)
        client = client_of(vera)
        page = get(client)
        clock.shift(timedelta(minutes=5))
        response = client.get(
            refresh_url_in(page), **FRAGMENT, HTTP_IF_NONE_MATCH=f'"{version_in(page)}"'
        )

    assert response.status_code == 304
    assert 'data-ages="now|# min|# h|# d"' in page


def test_jobs_that_arrive_are_counted_on_later_pages_too(
    client_of: ClientOf, vera: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_list, "PAGE_SIZE", 1)
    for name in ("Second", "First"):
        make_job(workspace, display_name=name)
    client = client_of(vera)
    first = get(client, "/jobs/?q=s")
    make_job(workspace, display_name="Squeezed in")
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older

    second = get(client, unescape(older.group(1)))
    change(make_job(workspace), display_name="Something")
    refreshed = get(client, refresh_url_in(second), **FRAGMENT)

    assert names(second) == names(refreshed) == ["Second"]
    assert 'href="/jobs/?q=s">1 new, show</a>' in second
    assert 'href="/jobs/?q=s">2 new, show</a>' in refreshed


@pytest.mark.parametrize("sort", ["oldest", "status"])
def test_in_every_order_new_jobs_are_counted(
    client_of: ClientOf, vera: User, workspace: Workspace, sort: str
) -> None:
    make_job(workspace, status=JobStatus.FAILED)
    client = client_of(vera)
    page = get(client, f"/jobs/?sort={sort}")
    change(make_job(workspace), display_name="New")

    refreshed = get(client, refresh_url_in(page), **FRAGMENT)

    assert f'href="/jobs/?sort={sort}">1 new, show</a>' in refreshed


def test_a_change_in_a_row_ends_the_304(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.RUNNING)
    client = client_of(vera)
    page = get(client)
    change(job, status=JobStatus.SUCCEEDED)

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
