"""The main tasks with the keyboard alone, and again without a script."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from jobs.choices import JobStatus
from jobs.models import Deletion, ImportJob, User, Workspace
from tests.making import make_attempt, make_job
from tests.views.test_acts import CANDIDATE, OTHER

SignedIn = Callable[..., Page]
Press = Callable[[Page, Locator], None]
MOST_STOPS = 80


def by_keyboard(page: Page, target: Locator) -> None:
    """Walk to the target with Tab, seeing where one is on the way, and press it."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if target.evaluate("target => target === document.activeElement"):
            break
    expect(target).to_be_focused()
    assert target.evaluate("target => getComputedStyle(target).outlineStyle") != "none"
    page.keyboard.press("Space" if target.get_attribute("type") == "radio" else "Enter")


def by_click(page: Page, target: Locator) -> None:
    target.click()


@pytest.fixture(params=["keyboard", "no script"])
def task(request: pytest.FixtureRequest, signed_in: SignedIn, bob: User) -> tuple[Page, Press]:
    """Bob's browser, and how he presses things in it."""
    if request.param == "keyboard":
        return signed_in(bob), by_keyboard
    return signed_in(bob, java_script_enabled=False), by_click


def test_a_job_is_found_and_resubmitted(
    task: tuple[Page, Press], workspace: Workspace, bob: User
) -> None:
    page, press = task
    make_job(workspace, by=bob)
    old = make_job(workspace, by=bob, status=JobStatus.FAILED, display_name="Ticket router")

    page.goto("/jobs/")
    page.locator("main input[type=search]").focus()
    page.keyboard.type("router")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status]")).to_have_count(1)
    press(page, page.get_by_role("link", name="Ticket router"))
    press(page, page.get_by_role("link", name="Fix and resubmit"))
    press(page, page.get_by_role("button", name="Submit the import").last)

    expect(page).to_have_url(re.compile(r"/jobs/\d+/$"))
    assert ImportJob.objects.get(resubmission_of=old).display_name == "Ticket router"


def test_a_model_is_deleted(task: tuple[Page, Press], workspace: Workspace, bob: User) -> None:
    page, press = task
    job = make_job(workspace, by=bob, display_name="Ticket router")

    page.goto(f"/jobs/{job.pk}/")
    press(page, page.get_by_role("link", name="Delete at DashScope"))
    page.locator("[name=confirm]").focus()
    page.keyboard.type("Ticket router")
    press(page, page.get_by_role("button", name="Delete at DashScope"))

    expect(page.get_by_text("asked to delete this model").first).to_be_visible()
    assert Deletion.objects.get().job == job


def test_a_conflict_is_resolved(task: tuple[Page, Press], workspace: Workspace, bob: User) -> None:
    page, press = task
    job = make_job(workspace, by=bob, status=JobStatus.UNCONFIRMED)
    make_attempt(job, state="conflict", candidates=[CANDIDATE, OTHER])

    page.goto(f"/jobs/{job.pk}/")
    press(page, page.locator(f"input[value='job:{CANDIDATE['job_id']}']"))
    press(page, page.get_by_role("button", name="Settle it"))

    expect(page.locator("[data-status]").first).not_to_have_attribute("data-status", "unconfirmed")
    job.refresh_from_db()
    assert job.remote_job_id == CANDIDATE["job_id"]
