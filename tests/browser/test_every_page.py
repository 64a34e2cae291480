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


def to_look_at(
    addresses: dict[str, list[str]], clients: dict[str, Client]
) -> dict[tuple[str, str], list[str]]:
    """What each of WHO opens in which language: in that of the colours, each page that nobody
    before had in this form; in the other each address, and each refusal once."""
    seen: set[tuple[str, object]] = set()
    pages: dict[tuple[str, str], list[str]] = {}
    # Whoever sees the most of a page comes first.
    for who, own in reversed(addresses.items()):
        for address in own:
            answer = clients[who].get(address)
            if "text/html" not in answer.headers["content-type"]:
                continue
            form = WORDS.sub("", answer.text.partition("<main")[2])
            place = address if answer.status_code == 200 else answer.status_code
            for language, shown in (("en", place), (COLOURS_IN, form)):
                if (language, shown) not in seen:
                    seen.add((language, shown))
                    pages.setdefault((who, language), []).append(address)
    return pages


def test_everybody_can_use_every_page(
    addresses: dict[str, list[str]],
    people: dict[str, User | None],
    client_of: Callable[[User], Client],
    new_context: Callable[..., BrowserContext],
    live_server: Any,
    console: Console,
) -> None:
    console.expect("the server responded with a status of 4")
    clients = {who: client_of(person) if person else Client() for who, person in people.items()}
    found: dict[str, list[Any]] = {}
    asked: set[str] = set()

    for (who, language), own in to_look_at(addresses, clients).items():
        context = new_context(base_url=live_server.url, locale=language, color_scheme="light")
        context.on("request", lambda request: asked.add(request.url))
        if people[who]:
            session = clients[who].cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        give_axe(context)
        page = context.new_page()
        for address in own:
            page.goto(address)
            broken = complaints(page, language, colours=language == COLOURS_IN)
            found[f"{who} {language} {address}"] = broken
        context.close()

    assert {where: broken for where, broken in found.items() if broken} == {}
    assert len(found) > 80
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
