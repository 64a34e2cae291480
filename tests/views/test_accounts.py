import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jobs.choices import Role, Verb
from jobs.models import AuditEvent, AuditPersonal, User, Workspace
from tests.making import PASSWORD

ClientOf = Callable[[User], Client]
LOGIN = "/accounts/login/"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"username": username, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/jobs/").status_code == 200)


def last_event() -> tuple[str, dict[str, Any], dict[str, str]]:
    """The verb, the data and the personal values of the newest event."""
    event = AuditEvent.objects.latest("seq")
    personal = AuditPersonal.objects.filter(event_seq=event.seq).values_list("field", "value")
    return event.verb, json.loads(event.canonical)["data"], dict(personal)


def test_it_signs_in_and_the_history_knows(client: Client, bob: User) -> None:
    response = sign_in(client, "bob")

    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(client)
    verb, data, personal = last_event()
    assert (verb, data) == (Verb.SIGNED_IN, {"demo": False})
    assert personal["actor"] == "Bob"
    assert personal["address"] == "127.0.0.1"


def test_it_gives_the_session_a_new_key(client: Client, bob: User) -> None:
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key

    sign_in(client, "bob")

    assert client.session.session_key != before


@pytest.mark.parametrize(
    ("username", "password"), [("bob", "wrong"), ("nobody", PASSWORD), ("", ""), ("bob\x00", "x")]
)
def test_it_never_says_whether_the_name_or_the_password_was_wrong(
    client: Client, bob: User, username: str, password: str
) -> None:
    response = sign_in(client, username, password)

    page = response.content.decode()
    assert response.status_code == 422
    assert "This name and password do not fit together." in page
    assert "wrong" not in page
    assert not is_signed_in(client)


def test_someone_who_left_reads_the_same(client: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)

    response = sign_in(client, "bob")

    assert "This name and password do not fit together." in response.content.decode()


def test_a_failure_is_kept_with_the_name_of_an_account(client: Client, bob: User) -> None:
    sign_in(client, "bob", "wrong")

    verb, data, personal = last_event()
    assert (verb, data) == (Verb.SIGN_IN_FAILED, {"locked_out": False})
    assert personal["username"] == "bob"


def test_a_failure_is_kept_without_a_name_that_no_account_has(client: Client, bob: User) -> None:
    sign_in(client, "my-password-by-mistake", "x")

    assert "username" not in last_event()[2]
    assert not AuditEvent.objects.filter(canonical__contains="by-mistake").exists()


def test_what_was_typed_as_name_stays_and_the_password_does_not(client: Client, bob: User) -> None:
    page = sign_in(client, '"><b>bob', "hunter22-secret").content.decode()

    assert 'value="&quot;&gt;&lt;b&gt;bob"' in page
    assert "hunter22-secret" not in page


@pytest.mark.parametrize(
    ("goal", "leads_to"),
    [
        ("/jobs/?status=failed", "/jobs/?status=failed"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_it_goes_on_to_addresses_of_ours_alone(
    client: Client, bob: User, goal: str, leads_to: str
) -> None:
    assert sign_in(client, "bob", next=goal)["Location"] == leads_to


def test_it_keeps_where_one_wanted_to_go(client: Client, bob: User) -> None:
    page = client.get(f"{LOGIN}?next=/jobs/7/").content.decode()

    assert 'name="next" value="/jobs/7/"' in page


def test_who_is_signed_in_goes_straight_on(client_of: ClientOf, bob: User) -> None:
    response = client_of(bob).get(f"{LOGIN}?next=/jobs/7/")

    assert response["Location"] == "/jobs/7/"


def test_the_page_is_kept_by_no_cache(client: Client, db: None) -> None:
    assert "no-store" in client.get(LOGIN)["Cache-Control"]


def test_it_says_when_there_is_no_account_yet(client: Client, db: None) -> None:
    assert "There is no account yet." in client.get(LOGIN).content.decode()


def test_too_many_failures_pause_and_say_for_how_long(
    client: Client, bob: User, settings: Any
) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    for _ in range(2):
        response = sign_in(client, "bob", "wrong")

    again = sign_in(client, "bob")

    assert response.status_code == again.status_code == 429
    assert "Wait 15 min without trying." in again.content.decode()
    assert again["Retry-After"] == "900"
    assert not is_signed_in(client)
    assert last_event()[1] == {"locked_out": True}


def test_it_signs_out_and_the_history_knows(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)

    response = client.post("/accounts/logout/")

    assert (response.status_code, response["Location"]) == (302, LOGIN)
    assert not is_signed_in(client)
    assert last_event()[0] == Verb.SIGNED_OUT


def test_a_link_signs_nobody_out(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)

    assert client.get("/accounts/logout/").status_code == 405
    assert is_signed_in(client)


@pytest.mark.parametrize("role", Role.values)
def test_the_demo_lets_one_in_as_each_role(
    client: Client, workspace: Workspace, settings: Any, role: str
) -> None:
    settings.DEMO = True

    offered = client.get(LOGIN, HTTP_HOST="127.0.0.1").content.decode()
    response = client.post(LOGIN, {"demo": role, "next": "/jobs/"}, HTTP_HOST="127.0.0.1")

    assert f'name="demo" value="{role}"' in offered
    assert response["Location"] == "/jobs/"
    person = User.objects.get(pk=client.session["_auth_user_id"])
    assert person.memberships.get(workspace=workspace).role == role
    assert not person.has_usable_password()
    assert last_event()[:2] == (Verb.SIGNED_IN, {"demo": True})


@pytest.mark.parametrize(
    ("demo", "host", "address"),
    [
        (False, "127.0.0.1", "127.0.0.1"),
        (True, "desk.example", "127.0.0.1"),
        (True, "localhost", "203.0.113.9"),
    ],
)
def test_the_demo_is_for_the_simulator_and_for_this_machine_alone(
    client: Client, workspace: Workspace, settings: Any, demo: bool, host: str, address: str
) -> None:
    settings.DEMO = demo
    settings.ALLOWED_HOSTS = ["*"]
    where = {"HTTP_HOST": host, "REMOTE_ADDR": address}

    offered = client.get(LOGIN, **where).content.decode()
    response = client.post(LOGIN, {"demo": "admin"}, **where)

    assert 'name="demo"' not in offered
    assert response.status_code == 403
    assert not User.objects.exists()


def test_the_demo_knows_no_other_role(client: Client, workspace: Workspace, settings: Any) -> None:
    settings.DEMO = True

    assert client.post(LOGIN, {"demo": "root"}, HTTP_HOST="localhost").status_code == 403


def test_signing_in_needs_the_forms_own_token(bob: User) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert sign_in(strict, "bob").status_code == 403
    assert not is_signed_in(strict)
