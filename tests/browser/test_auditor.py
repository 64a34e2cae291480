"""An auditor answers ten questions by links and filters alone, and takes the proof away."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from jobs.choices import Role
from jobs.models import AuditEvent, User, Workspace
from jobs.services import chain_verification, members, sending, submission, tokens, workspaces
from jobs.simulator import Simulator
from tests.audit.histories import ADDRESS, acting, admit
from tests.services.conftest import fields_for

SignedIn = Callable[..., Page]
WORKER = "desk:1"
REASON = "Ms Lin approved it: the corrected set, ticket 1182."


@pytest.fixture
def carol(workspace: Workspace) -> User:
    """Another submitter."""
    return admit("carol", Role.SUBMITTER, workspace)


@pytest.fixture(autouse=True)
def _story(workspace: Workspace, alice: User, bob: User, carol: User, simulator: Simulator) -> None:
    """Bob's token imports, Carol imports the same once more, one answer is lost, and Alice
    changes the workspace and a role."""
    token = tokens.create(bob, name="nightly build", scopes=["submit"], actor=acting(bob)).token
    by_token = replace(acting(bob, token=token.name), token_id=token.pk)
    same = fields_for("Ticket router", object_key="models/router/")
    submission.submit(workspace, same, actor=by_token)
    sending.send_next(WORKER)
    submission.submit(workspace, same, actor=acting(carol), allow_duplicate=True, reason=REASON)
    sending.send_next(WORKER)
    simulator.fault("close", call="create", accepted=True)
    submission.submit(workspace, fields_for("Lost one"), actor=acting(carol))
    sending.send_next(WORKER)
    workspaces.change(
        workspace,
        name="Model Studio, research",
        region=workspace.region,
        key_reference=workspace.key_reference,
        actor=acting(alice),
    )
    members.add(workspace, bob, Role.ADMIN, actor=acting(alice))


def rows(page: Page) -> Locator:
    """The events on the page."""
    return page.locator(".events tbody tr")


def test_ten_questions_are_answered_by_links_and_filters_alone(
    signed_in: SignedIn, ada: User
) -> None:
    page = signed_in(ada, "/")
    page.get_by_role("link", name="History", exact=True).click()

    # Which token acted?
    page.get_by_role("link", name="nightly build").first.click()
    expect(page.get_by_label("Filters that are set")).to_contain_text("nightly build (Bob)")
    expect(rows(page)).to_have_count(1)
    row = rows(page).first
    # Who, when, and from where?
    expect(row.locator(".person")).to_contain_text("Bob")
    expect(row.locator("time")).to_have_attribute("datetime", re.compile(r"^\d{4}-\d\d-\d\dT"))
    expect(row.locator(".who")).to_contain_text(ADDRESS)

    # What was sent?
    row.locator(".sentence").click()
    expect(page.locator("main")).to_contain_text('"object_key": "models/router/"')

    # What came back? From the event to its job, and from the job to another of its events.
    page.get_by_role("link", name="Ticket router").click()
    expect(page.locator("h1")).to_have_text("Ticket router")
    accepted = page.locator(".timeline li").filter(has_text="DashScope accepted")
    accepted.get_by_role("link", name=re.compile("^event ")).click()
    expect(page.locator("h1")).to_have_text("DashScope accepted Ticket router")
    expect(page.locator(".exchange").first).to_contain_text('"status": "PENDING"')

    # What changed?
    page.get_by_role("link", name="History", exact=True).first.click()
    page.get_by_text("More filters").click()
    what = "Somebody changed the workspace …"
    page.get_by_label("What", exact=True).select_option(label=what)
    rows(page).first.locator(".sentence").click()
    changed = page.locator(".differences tbody tr")
    expect(changed.locator("del")).to_have_text("Model Studio")
    expect(changed.locator("ins")).to_have_text("Model Studio, research")

    # Who approved the override?
    page.get_by_role("link", name="History", exact=True).first.click()
    page.get_by_role("link", name="Overrides").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first.locator(".person")).to_contain_text("Carol")
    expect(rows(page).first).to_contain_text(REASON)

    # What is unknown?
    page.get_by_role("link", name="Unknown outcomes").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("No clear answer for Lost one")

    # What is unreviewed? All, until it is marked.
    page.get_by_role("link", name="Not reviewed").click()
    expect(rows(page)).to_have_count(AuditEvent.objects.count())
    page.get_by_role("button", name="Mark").click()
    page.get_by_role("link", name="Not reviewed").click()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_contain_text("Ada marked the history as reviewed")


def test_a_verification_is_asked_for_and_its_result_appears_by_itself(
    signed_in: SignedIn, ada: User
) -> None:
    page = signed_in(ada, "/audit/")
    last = AuditEvent.objects.latest("seq").seq

    page.get_by_role("button", name="Verify now").click()
    expect(page.locator("#proof")).to_contain_text("Verifying")
    while chain_verification.verify_next(WORKER):
        pass

    expect(page.locator("#proof")).to_contain_text(f"Verified up to event {last}")


def test_the_proof_is_taken_away_and_checked_elsewhere(
    signed_in: SignedIn, ada: User, tmp_path: Path
) -> None:
    page = signed_in(ada, "/audit/?verb=guard.overridden")
    page.get_by_role("button", name="Export").click()

    with page.expect_download() as download:
        page.get_by_role("link", name="With its proof (zip)").click()
    path = tmp_path / "history.zip"
    download.value.save_as(path)

    checked = subprocess.run(
        [sys.executable, "-I", "-S", "jobs/services/exports_verifier.py", path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0
    assert "1 shown" in checked.stdout
