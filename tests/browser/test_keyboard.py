"""The keyboard: shortcuts that can be switched off, and the main tasks with nothing else."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from jobs.models import User, Workspace
from tests.making import make_job

SignedIn = Callable[..., Page]


@pytest.fixture
def page(signed_in: SignedIn, workspace: Workspace, bob: User) -> Page:
    """The list, with three jobs of Bob's."""
    for name in ("First", "Second", "Third"):
        make_job(workspace, by=bob, display_name=name)
    page = signed_in(bob)
    page.wait_for_load_state("networkidle")
    return page


def test_keys_lead_to_places(page: Page) -> None:
    places = {"go": "/", "gj": "/jobs/", "gs": "/settings/workspaces/", "n": "/jobs/new/"}

    for keys, address in places.items():
        page.goto("/shortcuts/")
        for key in keys:
            page.keyboard.press(key)
        expect(page).to_have_url(re.compile(f":[0-9]+{address}$"))


def test_j_and_k_walk_through_the_rows_and_enter_opens_one(page: Page) -> None:
    for key in "jjjjk":
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="Second", exact=True)).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Second")


def test_a_slash_leads_to_the_search_where_keys_are_letters_again(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("gonj?")

    expect(page.get_by_role("searchbox")).to_have_value("gonj?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_sheet_opens_and_closes_and_gives_the_focus_back(page: Page) -> None:
    page.keyboard.press("j")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("New import")
    page.keyboard.press("n")
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Third", exact=True)).to_be_focused()


def test_they_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch them off").press("Enter")
    expect(page.get_by_text("They are switched off")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.press("g")
    page.keyboard.press("j")

    expect(page).to_have_url(re.compile("/shortcuts/$"))
