from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.choices import JobStatus, Role
from jobs.models import AuditHead, ImportJob, Membership, User, Workspace
from jobs.services import listed_jobs
from jobs.services.listed_jobs import ListedJob, Listing
from jobs.services.members import memberships_of
from jobs.services.pages import AFTER, BEFORE, BY_STATUS, FROM, NEWEST, OLDEST, Cursor, Order
from jobs.services.searching import JobSearch
from tests.making import change, make_job
from tests.services.test_pages import page_of

ORDERS = [NEWEST, OLDEST, BY_STATUS]


def listing(person: User, **filters: Any) -> Listing:
    head = AuditHead.objects.values_list("hash", flat=True).first() or ""
    return Listing.of(JobSearch(**filters), memberships_of(person.pk), history_head=head)


def numbers(found: Listing) -> list[int]:
    return [job.pk for job in found.page(None, size=50, order=NEWEST, shape=ListedJob).jobs]


@pytest.mark.parametrize("side", [None, AFTER, BEFORE, FROM])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
@pytest.mark.parametrize("filters", [{}, {"status": "failed"}, {"q": "qwen3"}])
def test_its_pages_are_those_of_the_query(
    vera: User, workspace: Workspace, filters: dict[str, str], order: Order, side: str | None
) -> None:
    other = Workspace.objects.create(slug="other", name="Other")
    Membership.objects.create(user=vera, workspace=other, role=Role.VIEWER)
    for number in range(12):
        make_job((workspace, other)[number % 2], status=("failed", "succeeded")[number % 3 // 2])
    middle = ImportJob.objects.order_by("pk")[6]
    cursor = Cursor.at(side, middle, order) if side else None

    page = listing(vera, **filters).page(cursor, size=3, order=order, shape=ListedJob)

    asked = page_of(JobSearch(**filters).jobs(vera), cursor, size=3, order=order)
    assert [job.pk for job in page.jobs] == [job.pk for job in asked.jobs]
    assert (page.previous, page.next) == (asked.previous, asked.next)


def test_from_keeps_the_page_as_it_was_and_counts_what_came(
    vera: User, workspace: Workspace
) -> None:
    jobs = [make_job(workspace) for _ in range(4)]
    found = listing(vera)
    cursor = found.newest()
    for seconds in range(60, 65):
        make_job(workspace, created_at=timezone.now() + timedelta(seconds=seconds))

    page = found.page(cursor, size=3, order=NEWEST, shape=ListedJob)

    assert cursor
    assert [job.pk for job in page.jobs] == [job.pk for job in jobs[:0:-1]]
    assert found.count_before(cursor, most=10) == 5
    assert found.count_before(cursor, most=2) == 2


def test_nothing_found_has_no_newest(vera: User) -> None:
    assert listing(vera).newest() is None


def test_its_statement_is_composed_once_and_asked_each_time(
    vera: User, workspace: Workspace
) -> None:
    first = make_job(workspace)
    before = numbers(listing(vera, status="succeeded"))
    composed = listed_jobs._page.cache_info().misses
    second = make_job(workspace)

    with CaptureQueriesContext(connection) as asked:
        after = numbers(listing(vera, status="succeeded"))

    assert (before, after) == ([first.pk], [second.pk, first.pk])
    assert listed_jobs._page.cache_info().misses == composed
    assert len(asked) == 3  # the last event, the memberships, and the page


@pytest.mark.parametrize("words", ["客服意图", "客服"])
def test_a_word_is_looked_for_among_the_jobs_that_have_it_now(
    vera: User, submit: Callable[..., ImportJob], words: str
) -> None:
    first, other = submit("客服意图", object_key="a/"), submit("Other", object_key="b/")
    before = numbers(listing(vera, q=words))
    change(other, display_name="客服意图")
    renamed = numbers(listing(vera, q=words))
    second = submit("客服意图", object_key="c/")

    assert before == [first.pk]
    assert renamed == [other.pk, first.pk]
    assert numbers(listing(vera, q=words)) == [second.pk, other.pk, first.pk]


def test_the_index_of_words_is_asked_once_while_nothing_happens(
    vera: User, workspace: Workspace
) -> None:
    make_job(workspace, display_name="客服意图")
    listing(vera, q="客服意图")

    with CaptureQueriesContext(connection) as asked:
        assert numbers(listing(vera, q="客服意图"))

    assert len(asked) == 3  # the last event, the memberships, and the page


def test_who_belongs_nowhere_asks_nothing(
    charlie: User, workspace: Workspace, django_assert_num_queries: Any
) -> None:
    make_job(workspace)
    found = listing(charlie)

    with django_assert_num_queries(0):
        assert numbers(found) == []


@pytest.mark.parametrize("over", [{}, {"gone_at": timezone.now()}, {"deleted_at": timezone.now()}])
@pytest.mark.parametrize("status", JobStatus.values)
def test_it_is_open_while_the_job_is(
    vera: User, workspace: Workspace, status: str, over: dict[str, Any]
) -> None:
    job = make_job(workspace, status=status, **over)

    (listed,) = listing(vera).page(None, size=1, order=NEWEST, shape=ListedJob).jobs

    assert listed.is_open == job.is_open
