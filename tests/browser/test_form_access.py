"""The pages with which people act, held to axe's rules and to a phone's width."""

from typing import Any

import pytest
from playwright.sync_api import Page

from jobs.choices import JobStatus
from jobs.models import User, Workspace
from tests.browser.complaints import complaints, give_axe
from tests.browser.test_form import SignedIn, fill
from tests.making import make_attempt, make_job
from tests.views.test_acts import CANDIDATE, OTHER


@pytest.fixture
def addresses(workspace: Workspace, alice: User, bob: User) -> dict[str, str]:
    """Each page by name, with what has to be pressed on it."""
    make_job(workspace, by=alice, status=JobStatus.RUNNING, object_key="cs/intent-v8/")
    failed = make_job(workspace, by=bob, status=JobStatus.FAILED)
    done = make_job(workspace, by=bob)
    open_job = make_job(workspace, by=bob, status=JobStatus.UNCONFIRMED)
    make_attempt(open_job, state="conflict", candidates=[CANDIDATE, OTHER])
    return {
        "new": "/jobs/new/",
        "errors": "/jobs/new/",
        "guard": "/jobs/new/",
        "resubmit": f"/jobs/{failed.pk}/resubmit/",
        "delete": f"/jobs/{done.pk}/delete/",
        "resolve": f"/jobs/{open_job.pk}/resolve/",
    }


def bring_about(page: Page, name: str) -> None:
    """Press what makes the page show what its name says."""
    if name == "errors":
        fill(page, base_model="qwen3 32b", bucket_name="Acme", object_key="cs")
        page.locator("[name=display_name]").fill("x" * 60)
    elif name == "guard":
        fill(page)
    if name in ("errors", "guard"):
        page.get_by_role("button", name="Submit the import").click()
        page.wait_for_selector("#faults, #guard")
    elif name in ("delete", "resolve"):
        page.locator("#main button:not(.unseen)").click()
        page.wait_for_selector(".fault")


def test_everybody_can_use_the_pages_on_a_phone(
    signed_in: SignedIn, addresses: dict[str, str], bob: User
) -> None:
    page = signed_in(bob, viewport={"width": 390, "height": 844})
    give_axe(page.context)
    found: dict[str, Any] = {}

    for name, address in addresses.items():
        page.goto(address)
        bring_about(page, name)
        found[name] = complaints(page)

    assert found == {name: [] for name in addresses}
