"""What the form remembers: earlier imports, and what was typed before the language changed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from jobs.choices import JobStatus
from jobs.models import User, Workspace
from tests.making import make_job

SignedIn = Callable[..., Page]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_an_earlier_import_fills_the_form(
    signed_in: SignedIn, workspace: Workspace, bob: User, script: bool
) -> None:
    make_job(workspace, by=bob, base_model="qwen3-8b", object_key="cs/v7/", weight_type="full")
    make_job(workspace, by=bob, bucket_name="other-bucket")
    page = signed_in(bob, "/jobs/new/", java_script_enabled=script)

    page.get_by_text("Use the fields of an earlier import").click()
    page.get_by_role("link", name="qwen3-8b").click()

    expect(page.locator("[name=base_model]")).to_have_value("qwen3-8b")
    expect(page.locator("[name=bucket_name]")).to_have_value("acme-models")
    expect(page.locator("[name=object_key]")).to_have_value("cs/")
    expect(page.get_by_role("radio", name="Full-parameter")).to_be_checked()


def test_an_earlier_import_leaves_the_name_that_was_typed(
    signed_in: SignedIn, workspace: Workspace, bob: User
) -> None:
    make_job(workspace, by=bob, object_key="cs/v7/")
    page = signed_in(bob, "/jobs/new/")
    page.get_by_label("Model name").fill("Intents")

    page.get_by_text("Use the fields of an earlier import").click()
    page.get_by_role("link", name="qwen3-32b").click()

    expect(page.locator("[name=object_key]")).to_be_focused()
    expect(page.get_by_label("Model name")).to_have_value("Intents")
    page.keyboard.type("v8/")
    expect(page.locator("#preview")).to_contain_text('"object_key": "cs/v8/"')


@pytest.mark.parametrize("page_name", ["new", "resubmit"])
def test_a_change_of_language_keeps_what_was_typed(
    signed_in: SignedIn, workspace: Workspace, bob: User, page_name: str
) -> None:
    failed = make_job(workspace, by=bob, status=JobStatus.FAILED)
    address = {"new": "/jobs/new/", "resubmit": f"/jobs/{failed.pk}/resubmit/"}[page_name]
    page = signed_in(bob, address)
    page.get_by_label("Model name").fill("Intents")
    page.get_by_label("Model directory").fill("cs")
    page.get_by_role("radio", name="Full-parameter").check()
    page.get_by_role("button", name="Submit the import").click()
    expect(page.locator("#faults")).to_be_visible()
    page.get_by_label("Model directory").fill("cs/v9/")

    page.get_by_role("button", name="中文").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.locator("[name=display_name]")).to_have_value("Intents")
    expect(page.locator("[name=object_key]")).to_have_value("cs/v9/")
    expect(page.locator("[name=weight_type][value=full]")).to_be_checked()
    expect(page.locator("#preview")).to_contain_text('"object_key": "cs/v9/"')
    page.reload()
    expect(page.locator("[name=object_key]")).not_to_have_value("cs/v9/")
