"""What every request has to be: from our own pages, and for our own host."""

from typing import Any

import pytest
from django.test import Client

from jobs.models import AuditEvent, User
from tests.making import sign_in
from tests.security.rows import PAGES, SETTINGS, Row
from tests.security.test_roles import Stage, people, stage

__all__ = ["people", "stage"]

POSTS = [row for row in PAGES + SETTINGS if row.method == "POST"]


@pytest.mark.parametrize("row", POSTS, ids=lambda row: row.name)
def test_no_other_site_can_make_a_browser_act(row: Row, stage: Stage, alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, alice)
    before = AuditEvent.objects.count()

    answer = browser.post(row.address.format(**stage), row.data)

    assert answer.status_code == 403
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    "address",
    [
        "/jobs/?cursor={n}",
        "/jobs/?q={n}",
        "/jobs/delete/?job={n}",
        "/jobs/?since={n}",
        "/api/v1/docs?x={n}",
    ],
)
def test_a_number_without_end_is_no_mistake_of_ours(
    alice: User, client_of: Any, address: str
) -> None:
    # Python refuses to read a number of more than 4300 digits.
    answer = client_of(alice).get(address.format(n="9" * 5000))

    assert answer.status_code < 500


@pytest.mark.parametrize("address", ["/accounts/login/", "/healthz", "/api/v1/openapi.json"])
def test_another_hosts_name_gets_nothing(db: None, address: str) -> None:
    answer = Client().get(address, headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_a_forwarded_host_is_not_believed(alice: User, client_of: Any) -> None:
    made = client_of(alice).post(
        "/settings/members/main/invitations/",
        {"role": "viewer", "days": "7", "note": ""},
        headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"},
    )

    assert made.context["link"].startswith("http://testserver/")


@pytest.mark.parametrize("address", ["/accounts/login/", "/jobs/", "/settings/tokens/"])
def test_no_page_is_framed_or_guessed_at(alice: User, client_of: Any, address: str) -> None:
    answer = client_of(alice).get(address, follow=True)

    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
