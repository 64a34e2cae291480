"""Every page as every role sees it, in both languages and themes: held to axe's rules, to a
narrow screen and to fingers, and to asking nobody else for anything.

The addresses are those of the role matrix, so that a new page cannot be forgotten here.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext

from jobs.choices import JobStatus
from jobs.models import User, WorkerHeartbeat, Workspace
from tests.browser.complaints import COLOURS_IN, complaints, give_axe
from tests.browser.conftest import Console
from tests.making import make_job
from tests.security.rows import PAGES, SETTINGS, WHO, Row
from tests.security.test_roles import Stage, people, stage

__all__ = ["people", "stage"]

# What pages of one form differ in: their words, and attributes with numbers or addresses.
WORDS = re.compile(r'>[^<]+<|="[^"]*[\d/][^"]*"')


@pytest.fixture
def addresses(stage: Stage, workspace: Workspace, bob: User) -> dict[str, list[str]]:
    """What each of WHO may open, and what they are told where they may not."""
    WorkerHeartbeat.objects.create(name="w", started_at=timezone.now(), seen_at=timezone.now())
    for status in JobStatus.values:
        make_job(workspace, by=bob, status=status, remote_status="")
    rows = [row for row in PAGES + SETTINGS if row.method == "GET"]
    found = {who: [row.address.format(**stage) for row in rows if opens(row, who)] for who in WHO}
    for who in ("viewer", "admin"):
        found[who] += [f"/jobs/{stage['conflict']}/", f"/jobs/{stage['failed']}/"]
    found["admin"] += ["/jobs/?q=nothing-like-this", "/jobs/?status=failed&since=2020-01-01"]
    return found


def opens(row: Row, who: str) -> bool:
    """Whether an HTML page answers; /pulse/ is a part of one."""
    return row.name != "pulse" and row.by_who[who] in (200, 403, 404, 410)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_everybody_can_use_every_page(
    language: str,
    addresses: dict[str, list[str]],
    people: dict[str, User | None],
    client_of: Callable[[User], Client],
    new_context: Callable[..., BrowserContext],
    live_server: Any,
    console: Console,
) -> None:
    console.expect("the server responded with a status of 4")
    colours = language == COLOURS_IN
    found: dict[str, Any] = {}
    seen: set[object] = set()
    asked: set[str] = set()

    for who, own in reversed(addresses.items()):
        context = new_context(base_url=live_server.url, locale=language, color_scheme="light")
        context.on("request", lambda request: asked.add(request.url))
        client = client_of(person) if (person := people[who]) else Client()
        if person:
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        give_axe(context)
        page = context.new_page()
        for address in own:
            answer = client.get(address, headers={"accept-language": language})
            if "text/html" in answer.headers["content-type"]:
                # In one language, each role's page that no other had in this form; in the other
                # each address, for who sees the most of it, and each refusal once.
                form = WORDS.sub("", answer.text.partition("<main")[2])
                place = address if answer.status_code == 200 else answer.status_code
                shown = form if colours else place
                if shown not in seen:
                    page.goto(address)
                    found[f"{who} {address}"] = complaints(page, language, colours=colours)
                seen.add(shown)
        context.close()

    assert [f"{where}: {broken}" for where, broken in found.items() if broken] == []
    assert len(found) > 30
    assert {url for url in asked if not url.startswith((live_server.url, "data:"))} == set()
    assert f"{live_server.url}/jobs/" in asked


def test_builders_can_use_the_style_guide(
    new_context: Callable[..., BrowserContext], live_server: Any, settings: Any, db: None
) -> None:
    settings.DEBUG = True
    context = new_context(base_url=live_server.url, color_scheme="light")
    give_axe(context)
    page = context.new_page()
    page.goto("/styleguide/")

    assert complaints(page) == []
