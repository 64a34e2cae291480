from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.errors import InvalidFields
from jobs.models import ImportJob, Workspace
from jobs.services import pages
from jobs.services.pages import FROM, NEWER, OLDER, Cursor
from tests.making import make_job


def make_jobs(workspace: Workspace, count: int) -> list[ImportJob]:
    """Newest first; every two share their moment, so that the key decides."""
    start = timezone.now()
    jobs = [
        make_job(workspace, created_at=start + timedelta(seconds=number // 2))
        for number in range(count)
    ]
    return jobs[::-1]


def test_a_cursor_is_read_as_it_was_written(workspace: Workspace) -> None:
    job = make_job(workspace)
    job.refresh_from_db()

    for side in (OLDER, NEWER, FROM):
        cursor = Cursor.at(side, job)
        assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "older", "older-1-2-3", "older-x-1", "left-1-1", f"older-{10**30}-1"]
)
def test_a_damaged_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        Cursor.read(text)

    assert list(refused.value.fields) == ["cursor"]


def test_older_pages_cover_everything_once(workspace: Workspace) -> None:
    jobs = make_jobs(workspace, 7)
    seen, cursor = [], None

    while True:
        page = pages.page_of(ImportJob.objects.for_list(), cursor, size=3)
        seen += page.jobs
        cursor = page.older
        if cursor is None:
            break

    assert seen == jobs


def test_newer_pages_go_the_same_way_back(workspace: Workspace) -> None:
    jobs = make_jobs(workspace, 9)

    page = pages.page_of(ImportJob.objects.all(), Cursor.at(NEWER, jobs[6]), size=3)

    assert page.jobs == jobs[3:6]
    assert page.newer == Cursor.at(NEWER, jobs[3])
    assert page.older == Cursor.at(OLDER, jobs[5])


def test_the_top_is_a_full_page(workspace: Workspace) -> None:
    jobs = make_jobs(workspace, 5)

    page = pages.page_of(ImportJob.objects.all(), Cursor.at(NEWER, jobs[1]), size=3)

    assert page.jobs == jobs[:3]
    assert page.newer is None


def test_from_keeps_the_page_as_it_was_and_counts_what_came(workspace: Workspace) -> None:
    jobs = make_jobs(workspace, 4)
    cursor = Cursor.at(FROM, jobs[0])
    for seconds in range(60, 65):
        make_job(workspace, created_at=timezone.now() + timedelta(seconds=seconds))

    page = pages.page_of(ImportJob.objects.all(), cursor, size=3)

    assert page.jobs == jobs[:3]
    assert pages.count_newer(ImportJob.objects.all(), cursor, most=10) == 5
    assert pages.count_newer(ImportJob.objects.all(), cursor, most=2) == 2
