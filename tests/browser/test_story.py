"""From the sign-in page to the end of a job, through every process of `make run`."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from jobs.simulator.lives import MISSING_FILE
from tests.browser.conftest import REFRESH
from tests.running import Desk

AT_DASHSCOPE = "pending|running|succeeded"
A_LIFE_SECONDS = 60.0  # longer than the simulator's jobs take


def sign_in(page: Page, desk: Desk, role: str = "submitter") -> None:
    page.goto(desk.url)
    page.locator(f"button[name=demo][value={role}]").click()
    expect(page).to_have_url(f"{desk.url}/")


def submit(page: Page, desk: Desk, name: str, **changes: str) -> None:
    """Fill in the form as a person does; it leads to the job's page."""
    page.goto(f"{desk.url}/jobs/new/")
    fields = {
        "base_model": "qwen3-32b",
        "display_name": name,
        "bucket_name": "acme-models",
        "object_key": f"models/{name.lower().replace(' ', '-')}/",
    } | changes
    for field, value in fields.items():
        page.locator(f"[name={field}]").fill(value)
    page.locator("[name=weight_type][value=lora]").check()
    page.locator("#import-form .actions .primary").click()
    expect(page.locator("h1")).to_have_text(name)


def status(page: Page) -> Locator:
    return page.locator("[data-status]").first


def becomes(page: Page, statuses: str, *, seconds: int = 5) -> None:
    """The page, whose clock is installed, shows one of the statuses by itself within so long."""

    def shows() -> bool:
        if re.fullmatch(statuses, status(page).get_attribute("data-status") or ""):
            return True
        page.clock.run_for(REFRESH)
        return False

    wait_until(page, shows, seconds=seconds)


def row_of(page: Page, name: str) -> Locator:
    return page.locator("[data-status]").filter(has_text=name)


def test_a_job_succeeds_before_the_eyes_of_its_submitter(page: Page, desk: Desk) -> None:
    sign_in(page, desk)
    submit(page, desk, "Story that succeeds")
    expect(page.get_by_text("sk-")).to_have_count(0)

    expect(status(page)).to_have_attribute("data-status", re.compile(f"^({AT_DASHSCOPE})$"))
    desk.simulator.clock.push(A_LIFE_SECONDS)

    # In its own time, as nobody moves the clock of somebody who looks on.
    expect(status(page)).to_have_attribute("data-status", "succeeded")
    page.goto(f"{desk.url}/jobs/")
    expect(row_of(page, "Story that succeeds")).to_have_attribute("data-status", "succeeded")


def test_a_job_is_rejected_with_code_and_message(page: Page, desk: Desk) -> None:
    page.clock.install()
    sign_in(page, desk)

    submit(page, desk, "Story that is refused", base_model="gpt-unheard-of")

    becomes(page, "rejected")
    expect(page.locator("#job")).to_contain_text("NotFound")
    page.goto(f"{desk.url}/jobs/")
    expect(row_of(page, "Story that is refused")).to_have_attribute("data-status", "rejected")
    expect(page.locator("main")).to_contain_text("NotFound")


def test_an_answer_that_was_lost_is_looked_for_and_found(page: Page, desk: Desk) -> None:
    page.clock.install()
    sign_in(page, desk)
    accepted = len(desk.simulator.requests(call="create", accepted=True))

    submit(page, desk, "Story of a lost answer", object_key="stories/demo-lost-answer/")

    becomes(page, AT_DASHSCOPE, seconds=20)
    assert len(desk.simulator.requests(call="create", accepted=True)) == accepted + 1


@pytest.mark.parametrize(
    ("language", "succeeded"), [("en-GB", "Succeeded"), ("zh-CN", "成功")], ids=["en", "zh"]
)
def test_a_job_fails_says_why_in_the_list_too_is_fixed_and_succeeds(
    new_context: Callable[..., BrowserContext], desk: Desk, language: str, succeeded: str
) -> None:
    page = new_context(locale=language).new_page()
    page.clock.install()
    sign_in(page, desk)
    name = f"Story in {language}"
    submit(page, desk, name, object_key=f"{language.lower()}/demo-missing-file/")
    becomes(page, AT_DASHSCOPE)
    desk.simulator.clock.push(A_LIFE_SECONDS)
    becomes(page, "failed")
    expect(page.locator("#job")).to_contain_text(MISSING_FILE)
    page.goto(f"{desk.url}/jobs/")
    expect(row_of(page, name)).to_have_attribute("data-status", "failed")
    expect(page.locator("main")).to_contain_text(MISSING_FILE)

    page.get_by_role("link", name=name).click()
    page.locator("a[href$='/resubmit/']").click()
    page.locator("[name=object_key]").fill(f"{language.lower()}/all-files/")
    page.locator("#import-form .actions .primary").click()
    becomes(page, AT_DASHSCOPE)
    desk.simulator.clock.push(A_LIFE_SECONDS)

    becomes(page, "succeeded")
    expect(page).to_have_title(re.compile(f"^{succeeded} · {name}"))
    expect(page.locator("#next")).to_contain_text("/api/v1/deployments")
    expect(page.locator("#family .lineage li")).to_have_count(2)


@pytest.fixture
def page_without_script(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context(java_script_enabled=False).new_page()


def test_it_can_be_done_without_javascript(page_without_script: Page, desk: Desk) -> None:
    page = page_without_script
    sign_in(page, desk)
    accepted = len(desk.simulator.requests(call="create", accepted=True))
    submit(page, desk, "Story without script")
    desk.simulator.wait_for_requests(accepted + 1, call="create", accepted=True, timeout_seconds=10)
    desk.simulator.clock.push(A_LIFE_SECONDS)

    def shows_success() -> bool:
        page.reload()
        return status(page).get_attribute("data-status") == "succeeded"

    wait_until(page, shows_success, seconds=20)
    page.goto(f"{desk.url}/jobs/")
    expect(row_of(page, "Story without script")).to_have_attribute("data-status", "succeeded")


def wait_until(page: Page, holds: Callable[[], bool], *, seconds: int) -> None:
    for _ in range(10 * seconds):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{holds.__name__} never held")
