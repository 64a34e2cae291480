from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.choices import JobStatus, Role
from jobs.errors import InvalidFields
from jobs.models import ImportJob, Membership, User, Workspace
from jobs.models.import_jobs import ImportJobQuerySet
from jobs.services import pages
from jobs.services.pages import AFTER, BEFORE, BY_STATUS, FROM, NEWEST, OLDEST, Cursor, Order, Page
from jobs.services.searching import JobSearch
from tests.making import make_job


def page_of(
    found: ImportJobQuerySet, cursor: Cursor | None, *, size: int, order: Order = NEWEST
) -> Page[ImportJob]:
    def read(place: Cursor | None) -> list[ImportJob]:
        return list(pages.beside(found, place, size=size + 1, order=order))

    return pages.page_by(read, cursor, size=size, order=order)


ORDERS = [NEWEST, OLDEST, BY_STATUS]


def make_jobs(workspace: Workspace, count: int) -> list[ImportJob]:
    """Newest first; every two share their moment, so that the number decides."""
    start = timezone.now()
    statuses = (JobStatus.RUNNING, JobStatus.FAILED, JobStatus.NOT_CREATED)
    jobs = [
        make_job(
            workspace,
            status=statuses[number % 3],
            created_at=start + timedelta(seconds=number // 2),
        )
        for number in range(count)
    ]
    return jobs[::-1]


@pytest.mark.parametrize("order", ORDERS)
def test_a_cursor_is_read_as_it_was_written(workspace: Workspace, order: Order) -> None:
    job = make_job(workspace, status=JobStatus.NOT_CREATED)
    job.refresh_from_db()

    for side in (AFTER, BEFORE, FROM):
        cursor = Cursor.at(side, job, order)
        assert Cursor.read(str(cursor), order) == cursor


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "text",
    ["", "after", "after-1-2-3-4", "after-x-1", "left-1-1", f"after-{10**30}-1", "after-1--1"],
)
def test_a_damaged_cursor_is_refused(order: Order, text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        Cursor.read(text, order)

    assert list(refused.value.fields) == ["cursor"]


def test_a_cursor_of_another_order_is_refused(workspace: Workspace) -> None:
    cursor = Cursor.at(AFTER, make_job(workspace), BY_STATUS)

    with pytest.raises(InvalidFields):
        Cursor.read(str(cursor), NEWEST)


@pytest.mark.parametrize("order", ORDERS)
def test_pages_cover_everything_once_in_both_directions(workspace: Workspace, order: Order) -> None:
    jobs = make_jobs(workspace, 10)
    key = {NEWEST: lambda job: 0, OLDEST: lambda job: 0, BY_STATUS: lambda job: job.status}[order]
    wanted = sorted(jobs[::-1] if order is OLDEST else jobs, key=key)
    found = ImportJob.objects.all()

    page = page_of(found, None, size=3, order=order)
    forwards = [page]
    while page.next:
        page = page_of(found, page.next, size=3, order=order)
        forwards.append(page)
    backwards = [page]
    while page.previous:
        page = page_of(found, page.previous, size=3, order=order)
        backwards.append(page)

    assert [job for page in forwards for job in page.jobs] == wanted
    assert [page.jobs for page in backwards] == [page.jobs for page in forwards[::-1]]


def test_the_top_is_a_full_page(workspace: Workspace) -> None:
    jobs = make_jobs(workspace, 5)

    page = page_of(ImportJob.objects.all(), Cursor.at(BEFORE, jobs[1]), size=3)

    assert page.jobs == jobs[:3]
    assert page.previous is None


@pytest.mark.parametrize("status", ["", "needs_person", "failed"])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_the_pages_of_several_workspaces_are_those_of_one_list(
    vera: User, workspace: Workspace, status: str, order: Order
) -> None:
    other = Workspace.objects.create(slug="other", name="Other")
    Membership.objects.create(user=vera, workspace=other, role=Role.VIEWER)
    hidden = Workspace.objects.create(slug="hidden", name="Hidden")
    statuses = ("failed", "rejected", "unconfirmed", "succeeded")
    for number in range(24):
        where = (workspace, other, hidden)[number % 3]
        make_job(where, status=statuses[number % 4])

    found = JobSearch(status=status).jobs(vera)

    seen, cursor = [], None
    while (page := page_of(found.for_list(), cursor, size=3, order=order)).next:
        seen += page.jobs
        cursor = page.next
    seen += page.jobs
    assert seen == list(found.order_by(*order.columns))
    assert seen
    assert len(found.branches) > 1
