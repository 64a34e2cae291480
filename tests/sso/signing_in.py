"""Signing in through providers, with the extra `sso`; tests/security/test_single_sign_on.py
runs these in a process with settings of its own."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from jobs import actors
from jobs.choices import Role, Verb
from jobs.models import AuditEvent, Membership, User, Workspace
from jobs.services import members
from tests.making import PASSWORD, make_person
from tests.racing import at_once
from tests.security.rows import ROWS, SECOND_FACTOR
from tests.security.staging import browser_of
from tests.security.test_roles import addresses
from tests.sso.provider import OTHER_KEY, Provider

NAMES = ("oidc", "dingtalk", "feishu")
START = "/accounts/single-sign-on/{}/"
LEO = {"sub": "leo-1", "name": "Leo", "email": "Leo@acme.com", "email_verified": True}


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with Provider() as running:
        apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        app = apps[0] | {"settings": apps[0]["settings"] | {"server_url": running.address}}
        settings.SOCIALACCOUNT_PROVIDERS = settings.SOCIALACCOUNT_PROVIDERS | {
            "openid_connect": {"APPS": [app]}
        }
        running.person = dict(LEO)
        yield running
        running.shutdown()


def authorize_address(browser: Client, name: str = "oidc", **data: str) -> str:
    page = browser.post(START.format(name), data)
    assert page.status_code == 200, page.content
    return str(page["Refresh"].removeprefix("0; url="))


def callback_address(browser: Client, **data: str) -> str:
    """Where the provider sends the browser that came from our sign-in page."""
    answer = requests.get(authorize_address(browser, **data), allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/accounts/single-sign-on/oidc/callback/"
    return f"{back.path}?{back.query}"


def sign_in(browser: Client | None = None, **data: str) -> Any:
    browser = browser or Client()
    return browser.get(callback_address(browser, **data))


def roles() -> dict[str, str]:
    return dict(Membership.objects.values_list("workspace__slug", "role"))


def refused(answer: Any, why: str) -> bool:
    event = AuditEvent.objects.latest("seq")
    kept = (event.verb, f'"why":"{why}"' in event.canonical)
    return bool(
        answer.status_code == 403
        and answer.context["why"] == why
        and kept == (Verb.SIGN_IN_FAILED, True)
    )


# --- Who comes in -------------------------------------------------------------------------------


def test_a_mapped_domain_makes_an_account_with_its_role(
    provider: Provider, workspace: Workspace
) -> None:
    browser = Client()

    answer = sign_in(browser, next="/jobs/")

    person = User.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/jobs/")
    assert browser.get("/jobs/new/").status_code == 200
    assert (person.username, person.label, person.has_usable_password()) == (
        "leo@acme.com",
        "Leo",
        False,
    )
    assert roles() == {"main": Role.SUBMITTER}
    granted = AuditEvent.objects.get(verb=Verb.MEMBER_ADDED)
    assert granted.actor_user_id == person.pk
    assert '"mapping":"domain:acme.com"' in granted.canonical
    assert AuditEvent.objects.get(verb=Verb.SIGNED_IN).actor_user_id == person.pk


def test_a_group_leads_to_its_workspace(provider: Provider, workspace: Workspace) -> None:
    Workspace.objects.create(slug="research", name="Research", key_reference="RESEARCH")
    provider.person |= {"email_verified": False, "groups": ["staff", "ml-leads"]}

    sign_in()

    assert roles() == {"research": Role.ADMIN}
    assert User.objects.get().email == ""


def test_a_second_sign_in_finds_the_same_person_and_keeps_nothing_told(
    provider: Provider, workspace: Workspace
) -> None:
    from allauth.socialaccount.models import SocialAccount

    sign_in()
    sign_in()

    assert User.objects.count() == 1
    assert SocialAccount.objects.get().extra_data == {}


def test_a_role_that_an_admin_gave_stays(provider: Provider, workspace: Workspace) -> None:
    sign_in()
    members.add(workspace, User.objects.get(), Role.VIEWER, actor=actors.command_line())

    sign_in()

    assert roles() == {"main": Role.VIEWER}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("given_first", [True, False])
def test_a_role_given_while_they_come_in_counts(
    provider: Provider, workspace: Workspace, given_first: bool
) -> None:
    sign_in()
    leads = Workspace.objects.create(slug="research", name="Research", key_reference="RESEARCH")
    provider.person |= {"groups": ["ml-leads"]}
    browser, answers = Client(), []
    address = callback_address(browser)
    acts = [
        partial(members.add, leads, User.objects.get(), Role.VIEWER, actor=actors.command_line()),
        lambda: answers.append(browser.get(address)),
    ]

    at_once(*(acts if given_first else reversed(acts)))

    assert [answer.status_code for answer in answers] == [302]
    assert roles() == {"main": Role.SUBMITTER, "research": Role.VIEWER}
    changes = (Verb.MEMBER_ADDED, Verb.MEMBER_CHANGED)
    found = AuditEvent.objects.filter(verb__in=changes, workspace_id=leads.pk).order_by("seq")
    assert [event.verb for event in found] == list(changes[: 1 if given_first else 2])


def test_whoever_was_removed_is_not_taken_in_again(
    provider: Provider, workspace: Workspace
) -> None:
    sign_in()
    members.remove(Membership.objects.get(), actor=actors.command_line())

    answer = sign_in()

    assert answer.status_code == 302
    assert roles() == {}


# --- Who does not -------------------------------------------------------------------------------


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified_opens_nothing(
    provider: Provider, workspace: Workspace, verified: object
) -> None:
    provider.person["email_verified"] = verified

    assert refused(sign_in(), "unmapped")
    assert User.objects.count() == 0


@pytest.mark.parametrize("email", ["leo@other.example", "leo@sub.acme.com", "leo@notacme.com"])
def test_an_unknown_domain_is_refused(provider: Provider, workspace: Workspace, email: str) -> None:
    provider.person["email"] = email

    assert refused(sign_in(), "unmapped")
    assert User.objects.count() == 0


def test_an_account_with_the_same_address_is_not_handed_over(
    provider: Provider, workspace: Workspace
) -> None:
    make_person("eve", email="LEO@acme.com")

    assert refused(sign_in(), "taken")
    assert roles() == {}


def test_a_closed_account_stays_closed(provider: Provider, workspace: Workspace) -> None:
    sign_in()
    User.objects.update(is_active=False)

    assert refused(sign_in(), "closed")


# --- What is forged -----------------------------------------------------------------------------


def test_an_answer_to_another_browser_is_refused(provider: Provider, workspace: Workspace) -> None:
    planted = callback_address(Client())

    assert refused(Client().get(planted), "failed")


def test_an_answer_counts_once(provider: Provider, workspace: Workspace) -> None:
    browser = Client()
    address = callback_address(browser)
    browser.get(address)

    assert refused(browser.get(address), "failed")


def test_a_code_of_another_sign_in_is_refused(provider: Provider, workspace: Workspace) -> None:
    browser = Client()
    mine, stolen = callback_address(browser), callback_address(Client())
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    state = parse_qs(urlsplit(mine).query)["state"][0]

    answer = browser.get(urlsplit(mine).path, {"code": code, "state": state})

    assert refused(answer, "failed")


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1},
        {"sub": "somebody-else"},
    ],
    ids=lambda lies: next(iter(lies)),
)
def test_an_id_token_for_something_else_is_refused(
    provider: Provider, workspace: Workspace, lies: dict[str, Any]
) -> None:
    provider.lies = lies

    assert refused(sign_in(), "failed")
    assert User.objects.count() == 0


def test_an_id_token_under_another_key_is_refused(provider: Provider, workspace: Workspace) -> None:
    provider.key = OTHER_KEY

    assert refused(sign_in(), "failed")


def test_a_provider_that_is_down_is_a_page(workspace: Workspace) -> None:
    assert refused(Client().post(START.format("oidc")), "failed")


def test_a_failure_is_logged_without_what_the_provider_said(
    provider: Provider, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Client()
    address = callback_address(browser)
    provider.codes.clear()

    assert refused(browser.get(address), "failed")
    assert "single sign-on through oidc failed: OAuth2Error" in caplog.text
    assert "the-secret-of" not in caplog.text


# --- The way there ------------------------------------------------------------------------------


def test_the_provider_is_asked_with_state_nonce_and_a_challenge(
    provider: Provider, workspace: Workspace
) -> None:
    sign_in()

    asked = provider.asked[0]
    assert asked["response_type"] == "code"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["redirect_uri"].endswith("/accounts/single-sign-on/oidc/callback/")
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"] != asked["nonce"]


@pytest.mark.parametrize(
    ("name", "address", "wanted"),
    [
        (
            "dingtalk",
            "https://login.dingtalk.com/oauth2/auth",
            {"client_id": "ding-desk", "prompt": "consent", "response_type": "code"},
        ),
        (
            "feishu",
            "https://open.feishu.cn/open-apis/authen/v1/index",
            {"app_id": "feishu-desk", "response_type": "code"},
        ),
    ],
)
def test_dingtalk_and_feishu_are_asked_at_their_own_addresses(
    workspace: Workspace, name: str, address: str, wanted: dict[str, str]
) -> None:
    found = authorize_address(Client(), name)

    asked = {key: values[0] for key, values in parse_qs(urlsplit(found).query).items()}
    assert found.partition("?")[0] == address
    assert wanted.items() <= asked.items()
    assert asked["redirect_uri"].endswith(f"/accounts/single-sign-on/{name}/callback/")
    assert asked["state"]


def test_it_begins_by_a_form_alone_and_with_known_providers_alone(workspace: Workspace) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert Client().get(START.format("oidc")).status_code == 405
    assert strict.post(START.format("oidc")).status_code == 403
    assert Client().post(START.format("github")).status_code == 404
    assert Client().get("/accounts/single-sign-on/github/callback/").status_code == 404


def test_no_secret_is_on_the_way(workspace: Workspace) -> None:
    for name in ("dingtalk", "feishu"):
        assert b"the-secret-of" not in Client().post(START.format(name)).content


def test_passwords_go_on_as_they_were(workspace: Workspace, bob: User) -> None:
    page = Client().get("/accounts/login/")
    answer = Client().post("/accounts/login/", {"username": "bob", "password": PASSWORD})

    assert answer.status_code == 302
    assert b"Sign in with Acme" in page.content
    assert b"Sign in with DingTalk" in page.content


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", "/accounts/single-sign-on/feishu/", 405),
        ("post", "/accounts/single-sign-on/feishu/", 200),
        *(("get", f"/accounts/single-sign-on/{name}/callback/", 403) for name in NAMES),
        *(("post", f"/accounts/single-sign-on/{name}/callback/", 405) for name in NAMES),
    ],
)
def test_each_address_answers_everybody_alike(
    alice: User, charlie: User, method: str, address: str, status: int
) -> None:
    clients = [browser_of(person) for person in (None, charlie, alice)]

    assert {getattr(client, method)(address).status_code for client in clients} == {status}


def test_there_are_no_other_addresses_with_it_than_without() -> None:
    known = {row.name for row in ROWS + SECOND_FACTOR}
    more = {name for name, _pattern in addresses()} - known

    assert more == {"single-sign-on", "openid_connect_callback"} | {
        f"{name}_callback" for name in ("dingtalk", "feishu")
    }
