"""Setting a second factor up, ending it, and owing one; run as tests/sso/second_step.py is."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from jobs import actors
from jobs.choices import Role, Verb
from jobs.models import AuditEvent, Membership, User, Workspace
from jobs.services import diagnosis, invitations, members
from tests.api.calling import Script
from tests.making import PASSWORD, make_person
from tests.security.rows import SECOND_FACTOR, Row
from tests.security.staging import browser_of
from tests.security.test_roles import people, statuses
from tests.sso.app import SET_UP, app_of, scanned, switched_on

__all__ = ["people"]

PAGE, CODES, OFF = (f"/settings/second-factor/{part}" for part in ("", "codes/", "off/"))
LOGIN = "/accounts/login/"


def events() -> list[str]:
    verbs = AuditEvent.objects.filter(verb__startswith="second_factor.").order_by("seq")
    return list(verbs.values_list("verb", flat=True))


def sign_in(username: str) -> Any:
    return Client().post(LOGIN, {"username": username, "password": PASSWORD})


def of_colleague(person: User, workspace: Workspace) -> str:
    membership = Membership.objects.get(user=person, workspace=workspace)
    return f"/settings/members/{membership.pk}/second-factor/"


# --- One's own ----------------------------------------------------------------------------------


def test_it_is_set_up_by_a_code_and_the_password_and_codes_are_shown_once(bob: User) -> None:
    browser = browser_of(bob)
    app = scanned(browser)
    wrong = [
        browser.post(SET_UP, {"code": app.code(), "password": "wrong"}),
        browser.post(SET_UP, {"code": app.wrong_code(), "password": PASSWORD}),
        browser.post(SET_UP, {"code": "", "password": ""}),
    ]
    assert [answer.status_code for answer in wrong] == [422, 422, 422]
    assert events() == []
    assert scanned(browser).secret == app.secret

    app, shown = switched_on(browser)

    assert len(set(app.codes)) == 10
    assert "no-store" in shown["Cache-Control"]
    assert events() == [Verb.SECOND_FACTOR_SET_UP]
    assert browser.get(SET_UP)["Location"] == PAGE
    page = browser.get(PAGE).content.decode()
    assert "10 left" in page
    assert not any(code in page for code in app.codes)
    assert sign_in("bob")["Location"] == reverse("second-step")


def test_the_picture_holds_what_an_app_wants_and_no_address_does(bob: User) -> None:
    page = browser_of(bob).get(SET_UP)

    secret = page.context["secret"].replace(" ", "")
    assert page.context["address"].startswith("otpauth://totp/bob?")
    assert f"secret={secret}&issuer=Import%20Desk%20127.0.0.1" in page.context["address"]
    assert b"data:" not in page.content
    assert page.content.count(b'<svg class="qr"') == 1


def test_new_codes_end_the_old_ones(bob: User) -> None:
    browser = browser_of(bob)
    app, _page = switched_on(browser)
    refused = browser.post(CODES, {"password": "wrong"})
    made = browser.post(CODES, {"password": PASSWORD})

    assert (refused.status_code, made.status_code) == (422, 200)
    new = made.context["codes"]
    assert set(new) & set(app.codes) == set()
    assert events() == [Verb.SECOND_FACTOR_SET_UP, Verb.RECOVERY_CODES_RENEWED]
    half = Client()
    half.post(LOGIN, {"username": "bob", "password": PASSWORD})
    assert half.post(reverse("second-step"), {"code": app.codes[0]}).status_code == 422
    assert half.post(reverse("second-step"), {"code": new[0]}).status_code == 302


def test_switching_it_off_takes_the_password_and_an_open_session_is_no_place_to_try(
    bob: User,
) -> None:
    browser = browser_of(bob)
    switched_on(browser)

    assert browser.post(OFF, {"password": PASSWORD})["Location"] == PAGE
    assert sign_in("bob")["Location"] == "/"
    assert events() == [Verb.SECOND_FACTOR_SET_UP, Verb.SECOND_FACTOR_SWITCHED_OFF]
    switched_on(browser)
    tries = [browser.post(OFF, {"password": f"wrong-{n}"}).status_code for n in range(8)]
    assert tries[-1] == 429
    assert browser.post(OFF, {"password": PASSWORD}).status_code == 429
    assert AuditEvent.objects.filter(verb=Verb.SIGN_IN_FAILED).count() == 9


def test_whoever_comes_by_a_provider_is_asked_there_and_not_here(
    settings: Any, workspace: Workspace
) -> None:
    settings.SECOND_FACTOR = "required"
    leo = make_person("leo", Role.VIEWER, workspace)
    leo.set_unusable_password()
    leo.save()
    browser = browser_of(leo)

    page = browser.get(PAGE)

    assert (page.status_code, b"You come in through a provider" in page.content) == (200, True)
    assert browser.get(SET_UP)["Location"] == PAGE


# --- A colleague's ------------------------------------------------------------------------------


def test_an_admin_removes_a_lost_one_and_the_password_is_enough_again(
    alice: User, bob: User, workspace: Workspace
) -> None:
    app_of(bob)
    address, browser = of_colleague(bob, workspace), browser_of(alice)
    listed = browser.get("/settings/members/").content.decode()
    asked = browser.get(address)
    done = browser.post(address, follow=True)

    assert address in listed
    assert asked.status_code == 200
    assert "Bob has no second factor any more" in done.content.decode()
    assert address not in done.content.decode()
    assert events()[-1] == Verb.SECOND_FACTOR_REMOVED
    removed = AuditEvent.objects.latest("seq")
    assert (removed.actor_user_id, f'"member_id":{bob.pk}' in removed.canonical) == (alice.pk, True)
    assert sign_in("bob")["Location"] == "/"
    assert (
        "alice removed the second factor of bob" in browser.get("/audit/").content.decode().lower()
    )


def test_an_account_that_counts_elsewhere_is_not_weakened_from_here(
    alice: User, bob: User, workspace: Workspace
) -> None:
    app_of(bob)
    elsewhere = Workspace.objects.create(slug="research", name="Research", key_reference="R")
    members.add(elsewhere, bob, Role.ADMIN, actor=actors.command_line())
    browser, address = browser_of(alice), of_colleague(bob, workspace)

    answers = [browser.get(address), browser.post(address)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert events() == [Verb.SECOND_FACTOR_SET_UP]
    members.add(elsewhere, alice, Role.ADMIN, actor=actors.command_line())
    assert browser.post(address).status_code == 302


def test_ones_own_takes_ones_password(alice: User, workspace: Workspace) -> None:
    app_of(alice)

    assert browser_of(alice).post(of_colleague(alice, workspace)).status_code == 403
    assert events() == [Verb.SECOND_FACTOR_SET_UP]


def test_the_operator_lets_the_only_admin_in_again(alice: User) -> None:
    app_of(alice)
    out = StringIO()

    call_command("remove_second_factor", "alice", stdout=out)

    assert "alice has no second factor any more" in out.getvalue()
    assert sign_in("alice")["Location"] == "/"
    assert AuditEvent.objects.latest("seq").actor_kind == "person"  # the sign-in
    for name, why in (("alice", "has no second factor"), ("nobody", "Nobody is called nobody")):
        with pytest.raises(CommandError, match=why):
            call_command("remove_second_factor", name)


def test_doctor_names_those_whose_secrets_nobody_can_read(alice: User, settings: Any) -> None:
    app_of(alice)
    told = [finding.told for finding in diagnosis.diagnose(online=False)]
    settings.TOKEN_DIGEST_KEY = "another-key-that-protects-nothing-either"
    later = [finding.told for finding in diagnosis.diagnose(online=False)]

    named = "TOKEN_DIGEST_KEY changed since it was set up by alice."
    assert (named in told, named in later) == (False, True)


# --- Where everybody owes one -------------------------------------------------------------------


def test_whoever_owes_one_sets_it_up_before_any_other_page(
    settings: Any, bob: User, alice: User, workspace: Workspace
) -> None:
    settings.SECOND_FACTOR = "required"
    browser = Client()
    first = browser.post(LOGIN, {"username": "bob", "password": PASSWORD, "next": "/jobs/"})
    led = browser.get(first["Location"])
    assert led["Location"] == f"{SET_UP}?next=%2Fjobs%2F"
    for address in ("/", PAGE, "/settings/tokens/", "/audit/", "/api/v1/docs", "/shortcuts/"):
        assert browser.get(address)["Location"].startswith(SET_UP), address
    assert browser.post("/jobs/new/")["Location"] == SET_UP
    assert browser.get("/pulse/", headers={"HX-Request": "true"})["HX-Redirect"] == SET_UP
    invited = invitations.invite(
        workspace, role=Role.VIEWER, note="", days=7, actor=actors.command_line()
    )
    assert browser.post(f"/invitations/{invited.text}/")["Location"] == SET_UP
    for open_address in ("/healthz", "/favicon.ico", "/api/v1/openapi.json"):
        assert SET_UP not in browser.get(open_address).get("Location", ""), open_address
    assert browser.post("/preferences/language/", {"language": "en"})["Location"] == "/"

    _app, shown = switched_on(browser, next="/jobs/")

    assert 'href="/jobs/"' in shown.content.decode()
    assert browser.get("/jobs/").status_code == 200


def test_ending_it_leads_to_the_next_one(settings: Any, bob: User) -> None:
    settings.SECOND_FACTOR = "required"
    browser = browser_of(bob)
    switched_on(browser)

    assert (
        browser.post(OFF, {"password": PASSWORD}, follow=True)
        .redirect_chain[-1][0]
        .startswith(SET_UP)
    )


def test_tokens_of_the_api_are_not_asked(settings: Any, bob: User) -> None:
    settings.SECOND_FACTOR = "required"

    assert Script(bob).client.get("/api/v1/jobs").status_code == 200


def test_signing_out_is_always_open(settings: Any, bob: User) -> None:
    settings.SECOND_FACTOR = "required"
    browser = browser_of(bob)

    assert browser.post("/accounts/logout/")["Location"] == LOGIN
    assert "sessionid" not in browser.cookies or not browser.cookies["sessionid"].value


# --- Who may open what --------------------------------------------------------------------------


@pytest.mark.parametrize("row", SECOND_FACTOR, ids=lambda row: f"{row.method} {row.address}")
def test_each_page_answers_each_as_its_row_says(
    row: Row, people: dict[str, User | None], workspace: Workspace
) -> None:
    other = make_person("other", Role.SUBMITTER, workspace)
    app_of(other)
    stage = {"membership": Membership.objects.get(user=other).pk}
    clients = {who: browser_of(person) for who, person in people.items()}

    assert statuses(row, stage, clients) == row.by_who
