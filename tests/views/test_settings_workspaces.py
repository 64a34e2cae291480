"""/settings/workspaces/: keys by name and fingerprint, checked on demand, never seen."""

from collections.abc import Callable

import pytest
from django.test import Client

from jobs.choices import Role
from jobs.models import KeyCheck, User, Workspace
from jobs.services import key_checks, keys, workers
from jobs.simulator import SIMULATOR_KEY, Simulator
from tests.making import make_person

ADDRESS = "/settings/workspaces/"
SECOND = "sk-second-canary"
ClientOf = Callable[[User], Client]


@pytest.fixture
def worker(workspace: Workspace, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY_RESEARCH", SECOND)
    workers.beat("worker-1")


def text_of(client: Client, address: str = ADDRESS) -> str:
    return client.get(address).content.decode()


def test_it_shows_which_keys_there_are_and_no_key(
    worker: None, alice: User, client_of: ClientOf
) -> None:
    page = text_of(client_of(alice))

    assert "DASHSCOPE_API_KEY_RESEARCH" in page
    assert keys.fingerprint(SECOND) in page
    assert keys.fingerprint(SIMULATOR_KEY) in page
    assert SECOND not in page


def test_a_key_is_checked_on_demand(worker: None, alice: User, client_of: ClientOf) -> None:
    browser = client_of(alice)

    browser.post(f"{ADDRESS}main/check/")
    waiting = text_of(browser)
    key_checks.check_next("worker-1")
    answered = text_of(browser)

    assert "Being checked" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert "Works" in answered
    assert "hx-trigger" not in answered.partition('id="workspaces"')[2].partition(">")[0]


def test_a_key_that_does_not_work_is_explained(
    worker: None, alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "wrong")
    browser = client_of(alice)

    browser.post(f"{ADDRESS}main/check/")
    key_checks.check_next("worker-1")

    page = text_of(browser)
    assert "DashScope does not accept this API key" in page
    assert "InvalidApiKey" in page


def test_an_admin_adds_a_workspace(worker: None, alice: User, client_of: ClientOf) -> None:
    browser = client_of(alice)
    form = {
        "name": "Research",
        "slug": "research",
        "region": "environment",
        "key_reference": "RESEARCH",
    }

    refused = browser.post("/settings/new-workspace/", form | {"key_reference": ""})
    added = browser.post("/settings/new-workspace/", form)

    assert refused.status_code == 422
    assert "works with this key already" in refused.content.decode()
    assert added.status_code == 302
    assert Workspace.objects.get(slug="research").memberships.get().user == alice


def test_an_admin_changes_a_workspace(worker: None, alice: User, client_of: ClientOf) -> None:
    form = {"name": "Production", "region": "environment", "key_reference": "RESEARCH"}

    client_of(alice).post(f"{ADDRESS}main/", form)

    changed = Workspace.objects.get(slug="main")
    assert (changed.name, changed.key_reference) == ("Production", "RESEARCH")


def test_a_key_that_no_worker_has_can_be_left_as_it_is(
    workspace: Workspace, alice: User, client_of: ClientOf
) -> None:
    browser = client_of(alice)

    page = text_of(browser, f"{ADDRESS}main/")
    form = {"name": "Production", "region": "environment", "key_reference": ""}
    browser.post(f"{ADDRESS}main/", form)

    assert "No worker is heard" in page
    assert Workspace.objects.get(slug="main").name == "Production"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUBMITTER, Role.AUDITOR])
def test_others_see_their_workspace_and_change_nothing(
    worker: None, role: Role, workspace: Workspace, client_of: ClientOf
) -> None:
    browser = client_of(make_person("dora", role, workspace))

    page = text_of(browser)

    assert keys.fingerprint(SIMULATOR_KEY) in page
    assert "DASHSCOPE_API_KEY_RESEARCH" not in page
    assert browser.get("/settings/new-workspace/").status_code == 403
    assert browser.get(f"{ADDRESS}main/").status_code == 403
    assert browser.post(f"{ADDRESS}main/check/").status_code == 403
    assert not KeyCheck.objects.exists()


def test_a_stranger_sees_no_workspace(worker: None, charlie: User, client_of: ClientOf) -> None:
    browser = client_of(charlie)

    assert "You are not a member of any workspace" in text_of(browser)
    assert browser.get(f"{ADDRESS}main/").status_code == 404
    assert browser.post(f"{ADDRESS}main/check/").status_code == 404
