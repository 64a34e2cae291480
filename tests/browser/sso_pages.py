"""The pages of single sign-on and of the second factor, walked through in a browser and held to
the rules of test_every_page.py; security/test_single_sign_on.py runs these with settings of
their own."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from jobs import actors
from jobs.choices import Role
from jobs.models import Membership, User, Workspace
from jobs.services import members
from tests.browser.complaints import COLOURS_IN, complaints, give_axe
from tests.browser.conftest import Console
from tests.making import PASSWORD, make_person
from tests.sso.app import SET_UP, App, app_of
from tests.sso.provider import Provider
from tests.sso.signing_in import LEO, provider

__all__ = ["provider"]

LOGIN = "/accounts/login/"
PAGE = "/settings/second-factor/"
PRIMARY = "button.primary:visible"


class Walk:
    """A browser in one language, and what was wrong with each page that it came by."""

    def __init__(self, context: BrowserContext, language: str) -> None:
        self.page: Page = context.new_page()
        self.language = language
        self.found: dict[str, list[Any]] = {}

    def see(self, name: str) -> None:
        """Look at the page as it stands now."""
        assert name not in self.found
        self.found[name] = complaints(self.page, self.language, colours=self.language == COLOURS_IN)

    def go(self, name: str, address: str) -> None:
        """Open the address and look at it."""
        self.page.goto(address)
        self.see(name)

    def press(self, selector: str, **fields: str) -> None:
        """Fill the fields, press what the selector names in the page's content, and wait for the
        page that it leads to."""
        for field, value in fields.items():
            self.page.locator(f"main [name={field}]:visible").fill(value)
        with self.page.expect_navigation():
            self.page.locator(f"main {selector}").click()

    def through_acme(self, until: str) -> None:
        """Sign in through the provider on loopback, which leads back by itself."""
        self.page.goto(f"{LOGIN}?next={PAGE}")
        self.press("button[formaction*=oidc]")
        self.page.wait_for_url(until)

    def sign_in(self, username: str) -> None:
        """Give the person's password."""
        self.page.goto(LOGIN)
        self.press(f"form:has([name=username]) {PRIMARY}", username=username, password=PASSWORD)


def stays(route: Route) -> None:
    """Let the page that leads on by itself be looked at."""
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "refresh"}
    route.fulfill(response=answer, headers=headers)


@pytest.fixture
def language() -> str:
    return COLOURS_IN


@pytest.fixture
def walk(
    language: str,
    new_context: Callable[..., BrowserContext],
    live_server: Any,
    console: Console,
) -> Walk:
    console.expect("the server responded with a status of (4|503)")
    context = new_context(base_url=live_server.url, locale=language, color_scheme="light")
    give_axe(context)
    return Walk(context, language)


def test_everybody_can_use_the_pages_of_signing_in_by_a_provider(
    walk: Walk, provider: Provider, workspace: Workspace
) -> None:
    page = walk.page
    walk.go("sign-in", LOGIN)
    page.route("**/accounts/single-sign-on/dingtalk/", stays)
    walk.press("button[formaction*=dingtalk]")
    walk.see("on to a provider")
    page.unroute_all()  # a browser whose requests are looked at keeps no style sheet
    page.goto(LOGIN)
    walk.go("failed", "/accounts/single-sign-on/feishu/callback/")
    provider.person = LEO | {"email": "leo@other.example"}
    walk.through_acme("**/callback/**")
    walk.see("unmapped")
    make_person("eve", email="LEO@acme.com")
    provider.person = dict(LEO)
    walk.through_acme("**/callback/**")
    walk.see("taken")
    User.objects.all().delete()
    walk.through_acme(f"**{PAGE}")
    walk.see("no second factor of ours")

    assert {name: broken for name, broken in walk.found.items() if broken} == {}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_everybody_can_use_the_pages_of_the_second_factor(
    walk: Walk, alice: User, bob: User, workspace: Workspace, settings: Any
) -> None:
    page = walk.page
    settings.SECOND_FACTOR = "required"
    walk.sign_in("bob")
    page.wait_for_url(f"**{SET_UP}**")
    walk.see("owed")
    settings.SECOND_FACTOR = "optional"
    walk.go("off", PAGE)
    walk.press("a.primary")
    walk.press(PRIMARY, code="12", password="wrong")
    walk.see("set-up, refused")
    app = App(page.locator("#secret-text").inner_text().replace(" ", ""), [])
    walk.press(PRIMARY, code=app.code(), password=PASSWORD)
    walk.see("recovery codes")
    app.codes = page.locator("#recovery-codes li").all_inner_texts()
    walk.press("a.primary")
    walk.see("on")
    page.locator("#end_password").fill("wrong")
    walk.press("button.danger")
    walk.see("on, refused")
    page.context.clear_cookies()
    walk.sign_in("bob")
    walk.see("code")
    for tries, name in ((1, "wrong code"), (4, "wait")):
        for _ in range(tries):
            walk.press(PRIMARY, code="wrong")
        walk.see(name)
    assert page.locator("[role=alert]").count() == 1
    walk.go("late", f"{LOGIN}?late=")

    assert {name: broken for name, broken in walk.found.items() if broken} == {}


def test_admins_can_use_the_pages_for_a_colleague(
    walk: Walk, alice: User, bob: User, workspace: Workspace, settings: Any
) -> None:
    app_of(bob)
    address = f"/settings/members/{Membership.objects.get(user=bob).pk}/second-factor/"
    walk.sign_in("alice")
    walk.go("members", "/settings/members/")
    walk.go("remove", address)
    elsewhere = Workspace.objects.create(slug="research", name="Research", key_reference="R")
    members.add(elsewhere, bob, Role.VIEWER, actor=actors.command_line())
    walk.go("not from here", address)
    walk.page.context.clear_cookies()
    settings.SECOND_FACTOR_ON = False
    walk.sign_in("bob")
    walk.see("closed")

    assert {name: broken for name, broken in walk.found.items() if broken} == {}
