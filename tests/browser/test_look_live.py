"""Pages that refresh themselves: what changes is shown and said, and nothing else moves."""

import re
from collections.abc import Callable

from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs.choices import Call, JobStatus
from jobs.models import ImportJob, User, WorkerHeartbeat, Workspace
from tests.browser.conftest import REFRESH
from tests.making import change, make_attempt, make_exchange, make_job

SignedIn = Callable[..., Page]


def finish(job: ImportJob, status: JobStatus) -> None:
    change(job, status=status, remote_status=status.upper())


def test_a_row_changes_in_place_and_is_said(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.RUNNING, display_name="Ticket router")
    page = signed_in(bob, wound=True)
    row = page.locator(f"#job-{job.pk}")
    link = row.get_by_role("link", name="Ticket router")
    link.focus()
    finish(job, JobStatus.SUCCEEDED)

    page.clock.run_for(REFRESH)

    expect(row).to_have_attribute("data-status", "succeeded")
    expect(row).to_contain_text("Succeeded")
    expect(page.locator("#announcements")).to_have_text("Ticket router: Succeeded")
    expect(link).to_be_focused()


def test_a_selection_outlives_a_refresh(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.RUNNING, display_name="Ticket router")
    page = signed_in(bob, wound=True)
    page.locator(f"#job-{job.pk} .name").select_text()
    finish(job, JobStatus.FAILED)

    page.clock.run_for(REFRESH)

    expect(page.locator(f"#job-{job.pk}")).to_have_attribute("data-status", "failed")
    assert page.evaluate("getSelection().toString()") == "Ticket router"


def test_it_goes_on_after_a_change(signed_in: SignedIn, bob: User, workspace: Workspace) -> None:
    job = make_job(workspace, status=JobStatus.PENDING)
    page = signed_in(bob, wound=True)
    row = page.locator(f"#job-{job.pk}")

    for status in (JobStatus.RUNNING, JobStatus.OTHER, JobStatus.SUCCEEDED):
        finish(job, status)
        page.clock.run_for(REFRESH)
        expect(row).to_have_attribute("data-status", status)


def test_jobs_that_arrive_move_no_row(signed_in: SignedIn, bob: User, workspace: Workspace) -> None:
    make_job(workspace, status=JobStatus.RUNNING)
    page = signed_in(bob, wound=True)
    change(make_job(workspace), display_name="Arrived")

    page.clock.run_for(REFRESH)
    page.get_by_role("link", name="1 new, show").click()

    expect(page.locator("[data-status]")).to_have_count(2)
    expect(page.get_by_role("link", name="Arrived")).to_be_visible()


def test_nothing_is_fetched_while_nobody_looks(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    make_job(workspace, status=JobStatus.RUNNING)
    page = signed_in(bob, wound=True)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.away})")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.evaluate("window.away = true")
    page.clock.run_for(10 * REFRESH)
    while_away = list(asked)
    page.evaluate("window.away = false")
    with page.expect_response(re.compile("cursor=from")):
        page.clock.run_for(REFRESH)

    assert while_away == []


def test_an_unchanged_page_costs_an_empty_answer(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    make_job(workspace, status=JobStatus.RUNNING)
    page = signed_in(bob, wound=True)

    with page.expect_response(re.compile("cursor=from")) as answer:
        page.clock.run_for(REFRESH)

    assert answer.value.status == 304
    expect(page.locator("[data-status=running]")).to_be_visible()


def test_the_job_page_follows_its_job_to_the_end(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    job = make_job(workspace, by=bob, status=JobStatus.RUNNING, display_name="Ticket router")
    make_exchange(job, attempt=make_attempt(job))
    look = make_exchange(job, call=Call.LIST)
    page = signed_in(bob, f"/jobs/{job.pk}/", wound=True)
    details = page.locator(f"#exchange-{look.pk}")
    details.locator("summary").click()
    finish(job, JobStatus.SUCCEEDED)

    page.clock.run_for(REFRESH)

    expect(page.locator("[data-status]").first).to_have_attribute("data-status", "succeeded")
    expect(page).to_have_title("Succeeded · Ticket router · Import Desk")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("mark-ok"))
    expect(page.locator("#announcements")).to_have_text("Ticket router: Succeeded")
    expect(details).to_have_attribute("open", "")
    expect(page.get_by_text("Next step: deploy it")).to_be_visible()
    expect(page.locator("#job [hx-get]")).to_have_count(0)


def test_a_session_that_ended_leads_to_sign_in(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    make_job(workspace, status=JobStatus.RUNNING)
    page = signed_in(bob, "/jobs/?status=open", wound=True)
    Session.objects.all().delete()

    page.clock.run_for(REFRESH)

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "next=/jobs/%3Fstatus%3Dopen" in page.url


def test_the_rail_notices_that_the_worker_stopped(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(name="w", started_at=now, seen_at=now)
    page = signed_in(bob, wound=True)
    expect(page.locator("#worker-pulse")).to_contain_text("Worker is running")
    WorkerHeartbeat.objects.all().delete()

    page.clock.run_for(21_000)

    expect(page.locator("#worker-pulse")).to_contain_text("No worker is running")
    expect(page.locator("#announcements")).to_contain_text("No worker is running")
