"""The import form in a real browser: what a script adds, and that nothing needs one."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.choices import JobStatus
from jobs.models import ImportJob, User, Workspace
from tests.making import make_job

A_JOB = re.compile(r"/jobs/\d+/$")
SignedIn = Callable[..., Page]
FORM = "/jobs/new/"
PASTED = "oss://acme-models/cs/intent-v8/"


def fill(page: Page, **changes: str) -> None:
    """Fill the form in as a person would."""
    fields = {
        "base_model": "qwen3-32b",
        "display_name": "客服意图 LoRA v8",
        "bucket_name": "acme-models",
        "object_key": "cs/intent-v8/",
    } | changes
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)


def paste(page: Page, name: str, text: str) -> None:
    """Paste the text into a field from the clipboard."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator(f"[name={name}]").focus()
    page.keyboard.press("Control+V")


@pytest.mark.parametrize("name", ["bucket_name", "object_key"])
def test_a_pasted_address_is_split_at_once(signed_in: SignedIn, bob: User, name: str) -> None:
    page = signed_in(bob, FORM)

    paste(page, name, PASTED)

    expect(page.locator("[name=bucket_name]")).to_have_value("acme-models")
    expect(page.locator("[name=object_key]")).to_have_value("cs/intent-v8/")
    expect(page.locator(".split")).to_have_text(
        "The address was split into the bucket acme-models and the path cs/intent-v8/."
    )


def test_a_pasted_address_overwrites_no_other_bucket(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, FORM)
    fill(page, bucket_name="other-models", object_key="")

    paste(page, "object_key", PASTED)
    page.get_by_role("button", name="Submit the import").click()

    expect(page.locator("[name=bucket_name]")).to_have_value("other-models")
    expect(page.locator("#id_bucket_name_error")).to_contain_text("is in the bucket acme-models")
    page.get_by_role("button", name="Use acme-models").click()
    expect(page.locator("[name=bucket_name]")).to_have_value("acme-models")
    expect(page.locator("[name=object_key]")).to_have_value("cs/intent-v8/")


def test_characters_are_counted_as_they_are_typed(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, FORM)

    for name, length in [("客服意图", 4), ("  👩‍🚀 ", 3), ("é", 1), ("𝒳" * 50, 50)]:
        page.locator("[name=display_name]").fill(name)
        expect(page.locator(".count")).to_have_text(f"{length} / 50")
        expect(page.locator(".count.over")).to_have_count(0)
    page.locator("[name=display_name]").fill("𝒳" * 51)
    expect(page.locator(".count.over")).to_have_text("51 / 50")
    heights = {
        page.locator(f"[name={name}]").bounding_box()["y"]
        for name in ("base_model", "display_name")
    }
    assert len(heights) == 1  # the count is no taller than the label that it stands beside


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_suggestion_is_one_click_away(signed_in: SignedIn, bob: User, script: bool) -> None:
    page = signed_in(bob, FORM, java_script_enabled=script)
    fill(page, object_key="cs/intent-v8")
    page.get_by_role("button", name="Submit the import").click()

    page.get_by_role("button", name="Use cs/intent-v8/").click()

    expect(page.locator("[name=object_key]")).to_have_value("cs/intent-v8/")
    expect(page.locator("[name=object_key]")).to_be_focused()
    expect(page.locator("[name=display_name]")).to_have_value("客服意图 LoRA v8")
    page.get_by_role("button", name="Submit the import").click()
    page.wait_for_url(A_JOB)
    assert ImportJob.objects.get().object_key == "cs/intent-v8/"


def test_a_double_click_submits_one_job(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, FORM)
    fill(page)

    page.get_by_role("button", name="Submit the import").dblclick(no_wait_after=True)

    page.wait_for_url(A_JOB)
    assert page.url.endswith(f"/jobs/{ImportJob.objects.get().pk}/")


def test_going_back_and_submitting_again_leads_to_the_same_job(
    signed_in: SignedIn, bob: User
) -> None:
    page = signed_in(bob, FORM)
    fill(page)
    page.get_by_role("button", name="Submit the import").click()
    page.wait_for_url(A_JOB)
    first = page.url

    page.go_back()
    expect(page.locator("[name=object_key]")).to_have_value("cs/intent-v8/")
    page.get_by_role("button", name="Submit the import").click()

    page.wait_for_url(first)
    assert ImportJob.objects.count() == 1


def test_the_keyboard_alone_is_enough(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, FORM)
    page.locator("[name=base_model]").focus()

    for text in ("qwen3-8b", "Ticket router"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # from LoRA to full-parameter
    page.keyboard.press("Tab")
    page.keyboard.type("acme-models")
    page.keyboard.press("Tab")
    page.keyboard.type("support/router/")
    page.keyboard.press("Enter")

    page.wait_for_url(A_JOB)
    job = ImportJob.objects.get()
    assert (job.base_model, job.display_name) == ("qwen3-8b", "Ticket router")
    assert (job.weight_type, job.object_key) == ("full", "support/router/")


def test_enter_submits_and_takes_no_suggestion(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, FORM)
    fill(page, object_key="cs/intent-v8")
    page.locator("[name=object_key]").press("Enter")
    expect(page.locator("#faults")).to_be_focused()

    page.locator("[name=object_key]").fill("cs/intent-v9/")
    page.locator("[name=object_key]").press("Enter")

    page.wait_for_url(A_JOB)
    assert ImportJob.objects.get().object_key == "cs/intent-v9/"


def test_a_link_in_the_summary_leads_to_its_field(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, FORM)
    fill(page, object_key="/")
    page.get_by_role("button", name="Submit the import").click()

    page.locator("#faults").get_by_role("link", name="Model directory").click()

    expect(page.locator("[name=object_key]")).to_be_focused()


def test_the_request_is_shown_while_it_is_typed(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, FORM)
    preview = page.locator("#preview")
    expect(preview).to_contain_text("as soon as every field will do")

    fill(page)

    expect(preview).to_contain_text('"object_key": "cs/intent-v8/"')
    preview.get_by_text("As a curl command").click()
    page.locator("[name=display_name]").fill("Another name")
    expect(preview.locator("#curl")).to_contain_text("Another name")
    expect(preview.locator("#curl")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    preview.get_by_role("button", name="Copy").click()
    expect(preview.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert '-H "Authorization: Bearer $DASHSCOPE_API_KEY"' in copied
    assert not ImportJob.objects.exists()


def test_what_was_typed_outlives_the_session(signed_in: SignedIn, bob: User, console: Any) -> None:
    page = signed_in(bob, FORM)
    page.context.clear_cookies()
    console.expect("403|Response Status Error")

    with page.expect_response("**/jobs/new/"):
        fill(page)

    expect(page.locator("[name=object_key]")).to_have_value("cs/intent-v8/")


def test_the_request_is_shown_without_a_script_too(signed_in: SignedIn, bob: User) -> None:
    page = signed_in(bob, FORM, java_script_enabled=False)
    fill(page)

    page.get_by_role("button", name="Preview request").click()

    expect(page.locator("#preview")).to_contain_text('"object_key": "cs/intent-v8/"')
    expect(page.locator("[name=object_key]")).to_have_value("cs/intent-v8/")
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_guard_asks_and_is_answered_on_the_form_itself(
    signed_in: SignedIn, alice: User, bob: User, workspace: Workspace, script: bool
) -> None:
    earlier = make_job(workspace, by=alice, status=JobStatus.RUNNING, object_key="cs/intent-v8/")
    page = signed_in(bob, FORM, java_script_enabled=script)
    fill(page)
    page.get_by_role("button", name="Submit the import").click()

    guard = page.get_by_role("region", name="Alice submitted the same weights")
    expect(guard).to_contain_text("Running")
    expect(guard.get_by_role("link", name=earlier.label)).to_be_visible()
    expect(guard.get_by_role("checkbox", name="Submit anyway")).to_be_focused()
    guard.get_by_role("checkbox", name="Submit anyway").check()
    guard.get_by_label("Reason").fill("The files were replaced.")
    page.get_by_role("button", name="Submit the import").click()

    page.wait_for_url(A_JOB)
    job = ImportJob.objects.exclude(pk=earlier.pk).get()
    assert job.duplicate_reason == "The files were replaced."


def test_changes_to_a_failed_job_are_marked_as_they_are_made(
    signed_in: SignedIn, bob: User, workspace: Workspace
) -> None:
    job = make_job(workspace, by=bob, status=JobStatus.FAILED, object_key="support/r48/")
    page = signed_in(bob, f"/jobs/{job.pk}/resubmit/")
    directory = page.locator(".field", has=page.locator("[name=object_key]"))
    expect(page.get_by_text("changed", exact=True).filter(visible=True)).to_have_count(0)

    page.locator("[name=object_key]").fill("support/r32/")
    expect(directory.get_by_text("changed", exact=True)).to_be_visible()
    expect(directory).to_contain_text("Was: support/r48/")
    page.locator("[name=object_key]").fill("support/r48/")
    expect(directory.get_by_text("changed", exact=True)).to_be_hidden()

    page.get_by_label("Full-parameter").check()
    expect(page.get_by_text("Was: LoRA")).to_be_visible()
