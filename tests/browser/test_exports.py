"""Exports in a real browser: the page tells how far they are, and saves none that was cut off."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from jobs.models import User, Workspace
from jobs.services import job_export
from tests.browser.conftest import Console
from tests.making import make_job

SignedIn = Callable[..., Page]


@pytest.fixture
def page(signed_in: SignedIn, workspace: Workspace, alice: User) -> Page:
    """The list of three jobs, with the choice of exports open."""
    for _ in range(3):
        make_job(workspace)
    page = signed_in(alice, "/jobs/")
    page.get_by_role("button", name="Export").first.click()
    return page


def test_jobs_are_saved_by_keyboard_and_the_page_says_so(page: Page) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Data (JSON Lines)").press("Enter")

    assert download.value.suggested_filename.endswith(".jsonl")
    *jobs, last = map(json.loads, download.value.path().read_text().splitlines())
    assert (len(jobs), last["count"]) == (3, 3)
    expect(page.locator("#export-progress")).to_have_text(
        re.compile(r"^Saved: 1\.\d kB, whole to its last line\.$")
    )


def test_one_that_is_under_way_is_not_asked_for_again(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    with page.expect_download():
        page.get_by_role("link", name="Table (CSV)").dblclick()

    expect(page.locator("#export-progress")).to_contain_text("Saved")
    assert len([url for url in asked if "/export/" in url]) == 1
    with page.expect_download():
        page.get_by_role("link", name="Data (JSON Lines)").click()


def test_whoever_is_signed_out_by_now_is_led_to_signing_in(page: Page) -> None:
    page.context.clear_cookies()

    page.get_by_role("link", name="Table (CSV)").click()

    page.wait_for_url(re.compile("/accounts/login/"))


def test_what_was_cut_off_is_not_saved(
    page: Page, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    saved: list[object] = []
    page.on("download", lambda download: saved.append(download))
    monkeypatch.setattr(job_export, "STRETCH", None)  # it fails when its head is sent

    page.get_by_role("link", name="Table (CSV)").click()

    expect(page.locator("#export-progress")).to_contain_text("It was cut off after 0.2 kB")
    assert saved == []


def test_a_server_that_is_gone_is_said(page: Page, console: Console) -> None:
    console.expect("net::ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)

    page.get_by_role("link", name="Table (CSV)").click()

    expect(page.locator("#export-progress")).to_contain_text("nothing was saved")


def test_the_history_is_saved_in_each_form(
    signed_in: SignedIn, workspace: Workspace, alice: User
) -> None:
    page = signed_in(alice, "/audit/")

    for form in ("With its proof (zip)", "Table (CSV)", "Data (JSON Lines)"):
        page.goto("/audit/")
        page.get_by_role("button", name="Export").first.click()

        with page.expect_download():
            page.get_by_role("link", name=form).click()

        expect(page.locator("#export-progress")).to_contain_text("Saved")
