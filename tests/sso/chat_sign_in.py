"""Signing in through DingTalk and Feishu, against both on loopback; run as signing_in.py is."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from jobs.choices import Role, Verb
from jobs.models import AuditEvent, User, Workspace
from tests.sso import chats
from tests.sso.chats import Chats
from tests.sso.signing_in import authorize_address, refused, roles

NAMES = ("dingtalk", "feishu")
PEOPLE = {"dingtalk": ("李雷", "dingtalk-o-1"), "feishu": ("韩梅梅", "feishu-o-2")}
SPOILT = [
    ("dingtalk", chats.DINGTALK_TOKEN, (500, {"code": "ServiceUnavailable"})),
    ("dingtalk", chats.DINGTALK_TOKEN, (200, {"accessToken": "of-the-person"})),
    ("dingtalk", chats.DINGTALK_TOKEN, (200, b"<html>a gateway</html>")),
    ("dingtalk", chats.DINGTALK_PERSON, (403, {"code": "Forbidden.AccessDenied"})),
    ("dingtalk", chats.DINGTALK_PERSON, (200, {"nick": "without a number"})),
    ("dingtalk", chats.DINGTALK_PERSON, (200, b"[]")),
    ("feishu", chats.FEISHU_APP, (200, {"code": 10014, "msg": "app secret invalid"})),
    ("feishu", chats.FEISHU_APP, (400, {"code": 10014})),
    ("feishu", chats.FEISHU_APP, (200, b"<html>a gateway</html>")),
    ("feishu", chats.FEISHU_TOKEN, (200, {"code": 20014, "data": None})),
    ("feishu", chats.FEISHU_TOKEN, (200, {"code": 0, "data": {}})),
    ("feishu", chats.FEISHU_TOKEN, (200, {"code": 0, "data": None})),
    ("feishu", chats.FEISHU_PERSON, (200, {"code": 20005, "msg": "token"})),
    ("feishu", chats.FEISHU_PERSON, (200, {"code": 0, "data": {"name": "without a number"}})),
]


@pytest.fixture
def server(settings: Any, workspace: Workspace) -> Iterator[Chats]:
    with Chats() as running:
        own = settings.SOCIALACCOUNT_PROVIDERS
        at = running.address
        settings.SOCIALACCOUNT_PROVIDERS = own | {
            "dingtalk": own["dingtalk"] | {"LOGIN_SERVER": at, "API_SERVER": at},
            "feishu": own["feishu"] | {"SERVER": at},
        }
        settings.SSO_ROLES = ["group:acme-org=submitter"]
        yield running
        running.shutdown()


def callback_address(browser: Client, name: str) -> str:
    address = authorize_address(browser, name)
    answer = requests.get(address, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    assert back.path == f"/accounts/single-sign-on/{name}/callback/"
    return f"{back.path}?{back.query}"


def sign_in(name: str, browser: Client | None = None) -> Any:
    browser = browser or Client()
    return browser.get(callback_address(browser, name))


@pytest.mark.parametrize("name", NAMES)
def test_somebody_of_the_organisation_comes_in_with_its_role(server: Chats, name: str) -> None:
    browser = Client()
    answers = [sign_in(name, browser), sign_in(name)]

    person = User.objects.get()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert browser.get("/jobs/new/").status_code == 200
    assert (person.label, person.username) == PEOPLE[name]
    # An address that nobody called verified is not kept, nor is anything else that was told.
    assert (person.email, SocialAccount.objects.get().extra_data) == ("", {})
    assert roles() == {"main": Role.SUBMITTER}
    added = AuditEvent.objects.get(verb=Verb.MEMBER_ADDED)
    assert '"mapping":"group:acme-org"' in added.canonical


@pytest.mark.parametrize("name", NAMES)
def test_somebody_of_another_organisation_does_not(server: Chats, name: str) -> None:
    server.organisation = "another-org"

    assert refused(sign_in(name), "unmapped")
    assert User.objects.count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_code_counts_once_and_in_its_own_browser(server: Chats, name: str) -> None:
    browser = Client()
    address = callback_address(browser, name)
    stolen = Client().get(address)
    server.codes.clear()

    assert refused(stolen, "failed")
    assert refused(browser.get(address), "failed")
    assert refused(browser.get(address), "failed")
    assert User.objects.count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_secret_is_a_page_and_no_line_repeats_it(
    server: Chats, settings: Any, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    own = settings.SOCIALACCOUNT_PROVIDERS
    app = {"client_id": own[name]["APP"]["client_id"], "secret": "a-secret-that-was-changed"}
    settings.SOCIALACCOUNT_PROVIDERS = own | {name: own[name] | {"APP": app}}

    with caplog.at_level("DEBUG"):
        assert refused(sign_in(name), "failed")
    assert f"single sign-on through {name} failed" in caplog.text
    assert "a-secret-that" not in caplog.text


@pytest.mark.parametrize(("name", "path", "answer"), SPOILT)
def test_an_answer_that_makes_no_sense_is_a_page(
    server: Chats, name: str, path: str, answer: chats.Answer
) -> None:
    server.spoils[path] = answer

    assert refused(sign_in(name), "failed")
    assert server.asked[-1] == path
    assert User.objects.count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_whoever_changes_their_mind_is_told_so(server: Chats, name: str) -> None:
    browser = Client()
    state = callback_address(browser, name).rpartition("state=")[2]

    answer = browser.get(f"/accounts/single-sign-on/{name}/callback/?error=denied&state={state}")

    assert refused(answer, "failed")
    assert server.asked == []
