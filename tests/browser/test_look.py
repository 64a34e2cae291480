"""The frame and the reading pages in a real browser: for everyone, on every screen."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs import actors
from jobs.choices import AttemptState, Call, ExchangeOutcome, JobStatus, Verb
from jobs.models import User, WorkerHeartbeat, Workspace
from jobs.services import audit
from tests.browser.complaints import complaints, give_axe
from tests.making import make_attempt, make_exchange, make_job

SignedIn = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
LONG = "legal/contracts/2026/summarise-and-compare/qwen3-14b-r32-final-final/"


@pytest.fixture
def pages(workspace: Workspace, bob: User) -> dict[str, str]:
    """The reading pages, with something of every kind on them."""
    WorkerHeartbeat.objects.create(name="w", started_at=timezone.now(), seen_at=timezone.now())
    for status in JobStatus.values:
        make_job(workspace, by=bob, status=status, remote_status="", display_name="客服意图")
    make_job(workspace, object_key=LONG, bucket_name="b" * 63, origin="discovered")
    failed = make_job(workspace, by=bob, status=JobStatus.FAILED, display_name="x" * 50)
    attempt = make_attempt(failed, state=AttemptState.CONFIRMED)
    make_exchange(failed, attempt=attempt)
    with audit.act(actors.worker("w")) as act:
        act.record(Verb.ATTEMPT_CONFIRMED, failed, data={"attempt": 1, "request_id": "r" * 60})
    lost = make_job(workspace, by=bob, status=JobStatus.UNCONFIRMED, object_key=LONG)
    make_exchange(
        lost,
        attempt=make_attempt(lost),
        call=Call.CREATE,
        outcome=ExchangeOutcome.UNKNOWN,
        status_code=502,
        response_body="<html>" + "x" * 400,
    )
    done = make_job(workspace, by=bob, resubmission_of=failed)
    return {
        "list": "/jobs/",
        "filters": "/jobs/?status=failed&since=2020-01-01",
        "no match": "/jobs/?q=nothing-like-this",
        "failed": f"/jobs/{failed.pk}/",
        "unconfirmed": f"/jobs/{lost.pk}/",
        "succeeded": f"/jobs/{done.pk}/",
    }


def test_everybody_can_read_every_page_on_a_phone(
    signed_in: SignedIn, pages: dict[str, str], bob: User
) -> None:
    page = signed_in(bob, viewport=PHONE, is_mobile=True)
    give_axe(page.context)
    found: dict[str, Any] = {}

    for name, address in pages.items():
        page.goto(address)
        found[name] = complaints(page)

    assert found == {name: [] for name in pages}


def test_no_page_is_wider_than_the_screen(
    signed_in: SignedIn, pages: dict[str, str], bob: User
) -> None:
    page = signed_in(bob)

    for address in pages.values():
        page.goto(address)
        for width in (1440, 820, 390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wider, (address, width)


def test_the_theme_changes_in_place_and_stays(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(ground) != light
    assert 'data-theme="dark"' in page.reload().text()  # drawn by the server: it cannot flash


def test_the_language_changes_and_one_stays_where_one_is(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, "/jobs/?status=failed")

    page.get_by_role("button", name="中文").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    assert page.url.endswith("/jobs/?status=failed")


def test_times_are_in_the_zone_of_the_browser(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    make_job(workspace)
    page = signed_in(bob, timezone_id="Asia/Shanghai")

    page.reload()

    expect(page.get_by_text("times in Asia/Shanghai (UTC+8)")).to_be_visible()


def test_the_skip_link_is_the_first_stop(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, viewport=PHONE)
    sign_out = page.get_by_role("button", name="Sign out")
    expect(sign_out).to_be_hidden()

    page.get_by_role("button", name="Menu").press("Enter")
    expect(sign_out).to_be_visible()
    page.keyboard.press("Escape")

    expect(sign_out).to_be_hidden()


def test_a_choice_of_status_filters_at_once_and_leaves_a_short_address(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    make_job(workspace)
    make_job(workspace, status=JobStatus.FAILED, display_name="Broken")
    page = signed_in(bob)

    page.get_by_role("combobox", name="Status").select_option("Failed")

    expect(page).to_have_url(re.compile(r"/jobs/\?status=failed$"))
    expect(page.locator("[data-status]")).to_have_count(1)


def test_what_is_shown_can_be_copied(signed_in: SignedIn, bob: User, workspace: Workspace) -> None:
    job = make_job(workspace)
    exchange = make_exchange(job, attempt=make_attempt(job))
    page = signed_in(bob, f"/jobs/{job.pk}/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copied = "navigator.clipboard.readText()"

    page.locator(f"[data-copy=response-{exchange.pk}]").click()
    expect(page.locator("#announcements")).to_contain_text("Copied")
    assert '"status": "PENDING"' in page.evaluate(copied)
    page.get_by_role("button", name="Copy: Generated name").click()
    expect(page.locator("#announcements p")).to_have_count(2)
    assert page.evaluate(copied) == job.generated_model_name
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#announcements p")).to_have_count(3)

    assert page.evaluate(copied) == page.url


def test_everything_is_there_without_a_script(
    signed_in: SignedIn, pages: dict[str, str], bob: User
) -> None:
    page = signed_in(bob, java_script_enabled=False)

    expect(page.get_by_role("link", name="refresh")).to_be_visible()
    page.get_by_label("Search").fill("客服意图")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile("q=%E5%AE%A2"))
    page.get_by_role("link", name="客服意图").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("客服意图")
    page.goto(pages["failed"])
    expect(page.get_by_role("button", name="Copy link")).to_be_hidden()
    page.get_by_role("link", name="Raw").last.click()
    expect(page.locator("body")).to_contain_text('{"request_id":"req-1"')
    page.goto(pages["list"])
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
