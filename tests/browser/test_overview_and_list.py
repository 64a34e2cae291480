"""The overview and the list's extras in a real browser, with and without a script."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs.choices import AttemptState, JobStatus
from jobs.models import Deletion, SavedView, User, WorkerHeartbeat, Workspace
from tests.browser.complaints import complaints, give_axe
from tests.making import change, make_attempt, make_job

SignedIn = Callable[..., Page]


@pytest.fixture
def filled(workspace: Workspace, alice: User) -> Workspace:
    """A workspace with something of every kind."""
    now = timezone.now()
    WorkerHeartbeat.objects.create(name="w", started_at=now, seen_at=now)
    for status in JobStatus.values:
        make_job(workspace, by=alice, status=status, remote_status="", display_name="客服意图")
    make_attempt(make_job(workspace, status=JobStatus.UNCONFIRMED), state=AttemptState.CONFLICT)
    SavedView.objects.create(
        workspace=workspace, name="失败的", query="status=failed", created_at=now
    )
    return workspace


def test_everybody_can_read_them_on_a_phone(
    signed_in: SignedIn, filled: Workspace, alice: User
) -> None:
    page = signed_in(
        alice,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        locale="zh-hans",
    )
    give_axe(page.context)
    job, open_one = (
        make_job(filled),
        make_job(filled, status=JobStatus.QUEUED, display_name="客服意图"),
    )
    to_delete = f"/jobs/delete/?job={job.pk}&job={open_one.pk}"  # one goes, one stays

    for address in ("/", "/jobs/?q=support&since=2020-01-01", to_delete):
        page.goto(address)
        for box in page.locator("input[name=job][type=checkbox]").all()[:1]:
            box.check()
        assert complaints(page, "zh-hans") == [], address
    page.goto("/jobs/")
    page.locator("[popovertarget=columns]").click()

    assert complaints(page, "zh-hans") == []


def test_a_first_visitor_can_read_the_first_steps(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, "/jobs/")
    give_axe(page.context)
    page.goto("/")

    expect(page.get_by_role("heading", name="Three steps to the first import")).to_be_visible()
    assert complaints(page) == []


def test_the_overview_tells_news_by_itself(
    signed_in: SignedIn, filled: Workspace, alice: User
) -> None:
    page = signed_in(alice, "/", wound=True)
    job = make_job(filled, status=JobStatus.RUNNING)
    change(job, status=JobStatus.FAILED, display_name="Just failed", finished_at=timezone.now())

    page.clock.run_for(15_100)

    expect(page.get_by_role("link", name="Just failed")).to_be_visible()


def test_ages_go_on_without_a_request(
    signed_in: SignedIn, workspace: Workspace, alice: User
) -> None:
    make_job(workspace)
    page = signed_in(alice, "/jobs/", wound=True)
    age = page.locator("time[data-age]")
    expect(age).to_have_text("now")

    page.clock.fast_forward("03:20")
    page.clock.run_for(15_100)

    expect(age).to_have_text("3 min")


def test_a_selection_outlives_a_refresh_and_is_counted(
    signed_in: SignedIn, workspace: Workspace, alice: User
) -> None:
    jobs = [make_job(workspace, status=JobStatus.RUNNING) for _ in range(2)]
    page = signed_in(alice, "/jobs/", wound=True)
    page.get_by_label("Select all on this page").check()
    change(jobs[0], status=JobStatus.SUCCEEDED, remote_status="SUCCESSED")

    page.clock.run_for(3100)

    expect(page.locator(f"#job-{jobs[0].pk}")).to_have_attribute("data-status", "succeeded")
    expect(page.get_by_text("2 selected")).to_be_visible()
    expect(page.locator("input[name=job]:checked")).to_have_count(2)


def test_several_models_are_deleted_by_keyboard_alone(
    signed_in: SignedIn, workspace: Workspace, alice: User
) -> None:
    for _ in range(2):
        make_job(workspace)
    page = signed_in(alice, "/jobs/")

    page.get_by_label("Select all on this page").press("Space")
    page.get_by_role("button", name="Delete…").press("Enter")
    page.get_by_label("Type this to confirm").press_sequentially("delete 2")
    page.get_by_label("Type this to confirm").press("Enter")

    expect(page.get_by_text("DashScope will be asked to delete 2 models.")).to_be_visible()
    assert Deletion.objects.count() == 2


def test_everything_is_done_without_a_script(
    signed_in: SignedIn, workspace: Workspace, alice: User
) -> None:
    job = make_job(workspace, display_name="Ticket router")
    page = signed_in(alice, "/jobs/?q=ticket", java_script_enabled=False)

    page.get_by_text("Save as a view").click()
    page.get_by_label("Name of the view").fill("Tickets")
    page.get_by_role("button", name="Save for the team").click()
    expect(page.get_by_role("link", name="Tickets")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Took").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Took")).to_be_visible()
    page.get_by_role("link", name="Remove the filter Text").click()
    expect(page).to_have_url(re.compile("/jobs/$"))
    expect(page.get_by_role("button", name="Export CSV")).to_be_hidden()
    page.get_by_label("Select Ticket router").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()

    assert job.remote_job_id in download.value.path().read_text(encoding="utf-8-sig")
