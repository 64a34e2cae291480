"""A real browser, watched: a test fails when its pages complain on the console."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError

from jobs.models import User
from tests import machine
from tests.running import Desk

# A container has neither user namespaces nor a large /dev/shm, and no test wants chromium to
# call its maker.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
    # A page lives for a second here, in which it pays for nothing: a sixth less time.
    "--js-flags=--no-opt --no-maglev",
]

REFRESH = 3100  # milliseconds: a little more than the time between two refreshes of a page
ZONE = "Europe/Berlin"
# A sign that turns for as long as something runs is drawn sixty times a second.
A_VISITOR = {"locale": "en-GB", "timezone_id": ZONE, "reduced_motion": "reduce"}


class Console:
    """What pages complained of: errors, warnings of the content policy, uncaught exceptions."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._expected: list[str] = []

    def expect(self, pattern: str) -> None:
        """Let complaints pass that the regular expression is found in."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        """The complaints that no expectation covers."""
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self._expected)
        ]

    def watch(self, context: BrowserContext) -> None:
        """Listen to every page of the context."""
        context.on("console", self._said)
        context.on("weberror", self._raised)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"{message.text} [{message.location.get('url', '')}]")

    def _raised(self, error: WebError) -> None:
        self.complaints.append(str(error.error))


@pytest.fixture
def console() -> Iterator[Console]:
    """Holds the test to quiet consoles; `console.expect` names what the test provokes."""
    console = Console()
    yield console
    assert console.unexpected() == []


@pytest.fixture(scope="session")
def base_url() -> None:
    """No address before the test's own; the plugin's fixture is deprecated in its form."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own chromium in place of a downloaded one."""
    return {**browser_type_launch_args, "executable_path": machine.chromium(), "args": FLAGS}


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext], console: Console
) -> Callable[..., BrowserContext]:
    """Contexts whose consoles are watched; `page` and `context` come from here too."""

    def watched(**options: Any) -> BrowserContext:
        context = new_context(**A_VISITOR | options)
        context.set_default_timeout(10_000)
        console.watch(context)
        return context

    return watched


@pytest.fixture
def signed_in(
    live_server: Any,
    client_of: Callable[[User], Client],
    new_context: Callable[..., BrowserContext],
) -> Callable[..., Page]:
    """A page at an address, in the browser of someone who is signed in; wound, with its clock in
    the test's hand."""

    def open_page(
        person: User, address: str = "/jobs/", *, wound: bool = False, **options: Any
    ) -> Page:
        context = new_context(base_url=live_server.url, **options)
        # Who is signed in has seen a page before, which asked their browser for its zone.
        known = {"sessionid": client_of(person).cookies["sessionid"].value, "tz": ZONE}
        context.add_cookies(
            [
                {"name": name, "value": value, "url": live_server.url}
                for name, value in known.items()
            ]
        )
        page = context.new_page()
        if wound:
            page.clock.install()
        page.goto(address)
        return page

    return open_page


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The whole of `make run` in its demonstration, in processes of its own."""
    with Desk(tmp_path_factory.mktemp("desk")) as desk:
        assert desk.url
        yield desk
