"""/settings/members/ and the page that an invitation's link leads to."""

from collections.abc import Callable

import pytest
from django.test import Client

from jobs.choices import Role
from jobs.models import Invitation, Membership, User, Workspace
from jobs.permissions import Ability
from jobs.views.settings_members import WHAT_ROLES_MAY
from tests.making import PASSWORD

ADDRESS = "/settings/members/"
INVITE = f"{ADDRESS}main/invitations/"
FORM = {"note": "for Dora", "role": "submitter", "days": "7"}
ACCOUNT = {
    "username": "dora",
    "first_name": "Dora Chen",
    "email": "",
    "password1": PASSWORD,
    "password2": PASSWORD,
}
ClientOf = Callable[[User], Client]


@pytest.fixture
def link(alice: User, client_of: ClientOf) -> str:
    """A link for one submitter."""
    made: str = client_of(alice).post(INVITE, FORM).context["link"]
    return made.removeprefix("http://testserver")


def role_of(user: User) -> str:
    return Membership.objects.get(user=user).role


def address_of(user: User, act: str) -> str:
    return f"{ADDRESS}{Membership.objects.get(user=user).pk}/{act}/"


def test_every_ability_has_its_sentence() -> None:
    assert set(WHAT_ROLES_MAY) == set(Ability)


def test_an_admin_gives_another_role(alice: User, bob: User, client_of: ClientOf) -> None:
    client_of(alice).post(address_of(bob, "role"), {"role": "auditor"})

    assert role_of(bob) == Role.AUDITOR


def test_a_role_that_there_is_not_is_given_to_nobody(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    client_of(alice).post(address_of(bob, "role"), {"role": "owner"})

    assert role_of(bob) == Role.SUBMITTER


def test_an_admin_removes_a_member_after_a_second_look(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    browser, address = client_of(alice), address_of(bob, "remove")

    asked = browser.get(address)
    assert "Remove Bob" in asked.content.decode()
    assert Membership.objects.filter(user=bob).exists()

    browser.post(address)
    assert not Membership.objects.filter(user=bob).exists()


def test_anyone_may_leave_and_no_one_remove_another(
    alice: User, bob: User, vera: User, client_of: ClientOf
) -> None:
    browser = client_of(vera)

    assert browser.post(address_of(bob, "remove")).status_code == 403
    assert browser.post(address_of(bob, "role"), {"role": "viewer"}).status_code == 403
    browser.post(address_of(vera, "remove"))

    assert not Membership.objects.filter(user=vera).exists()
    assert role_of(bob) == Role.SUBMITTER


def test_the_last_admin_hears_why_not(alice: User, client_of: ClientOf) -> None:
    browser = client_of(alice)

    for act, form in (("remove", {}), ("role", {"role": "viewer"})):
        answer = browser.post(address_of(alice, act), form, follow=True)
        assert "Nobody else administers this workspace" in answer.content.decode()
    assert role_of(alice) == Role.ADMIN


def test_a_stranger_finds_no_members(charlie: User, bob: User, client_of: ClientOf) -> None:
    browser = client_of(charlie)

    assert "You are not a member of any workspace" in browser.get(ADDRESS).content.decode()
    assert browser.get(f"{ADDRESS}?workspace=main").status_code == 404
    assert browser.get(address_of(bob, "remove")).status_code == 404
    assert browser.post(INVITE, FORM).status_code == 404


def test_a_link_is_shown_once(alice: User, link: str, client_of: ClientOf) -> None:
    page = client_of(alice).get(ADDRESS).content.decode()

    assert "for Dora" in page
    assert link.split("/")[2] not in page


def test_only_admins_make_links(bob: User, client_of: ClientOf) -> None:
    assert client_of(bob).post(INVITE, FORM).status_code == 403
    assert not Invitation.objects.exists()


def test_whoever_has_no_account_makes_one_by_the_link(link: str) -> None:
    browser = Client()

    page = browser.get(link)
    joined = browser.post(link, ACCOUNT)

    assert "Submitter" in page.content.decode()
    assert joined.status_code == 302
    dora = User.objects.get(username="dora")
    assert (dora.label, role_of(dora)) == ("Dora Chen", Role.SUBMITTER)
    assert browser.get("/jobs/").status_code == 200
    assert Client().get(link).status_code == 410


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "alice"},
        {"username": ""},
        {"password1": "short", "password2": "short"},
        {"password2": "something else"},
    ],
)
def test_an_account_has_to_be_a_good_one(link: str, fields: dict[str, str]) -> None:
    answer = Client().post(link, ACCOUNT | fields)

    assert answer.status_code == 422
    assert not User.objects.filter(username="dora").exists()
    assert Client().get(link).status_code == 200


def test_whoever_has_an_account_joins_with_it(
    link: str, charlie: User, client_of: ClientOf
) -> None:
    browser = client_of(charlie)

    assert "Charlie" in browser.get(link).content.decode()
    browser.post(link)

    assert role_of(charlie) == Role.SUBMITTER


def test_a_link_leaves_a_members_role_alone(link: str, vera: User, client_of: ClientOf) -> None:
    client_of(vera).post(link)

    assert role_of(vera) == Role.VIEWER
    assert Client().get(link).status_code == 200


def test_a_revoked_link_admits_nobody(alice: User, link: str, client_of: ClientOf) -> None:
    invitation = Invitation.objects.get()

    client_of(alice).post(f"/settings/invitations/{invitation.pk}/revoke/")

    assert Client().post(link, ACCOUNT).status_code == 410
    assert not User.objects.filter(username="dora").exists()


def test_a_guess_admits_nobody(workspace: Workspace) -> None:
    assert Client().get("/invitations/guess/").status_code == 410


def test_only_a_workspaces_admins_revoke_its_links(
    link: str, bob: User, charlie: User, client_of: ClientOf
) -> None:
    address = f"/settings/invitations/{Invitation.objects.get().pk}/revoke/"

    assert client_of(charlie).post(address).status_code == 404
    assert client_of(bob).post(address).status_code == 403
    assert Client().get(link).status_code == 200
