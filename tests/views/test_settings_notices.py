"""/settings/notices/: rules, the log, and nothing of an address that is a secret."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jobs.models import Notice, NoticeRule, User
from jobs.services import notice_delivery
from tests.services.receiver import Receiver

ADDRESS = "/settings/notices/"
HOOK = "https://hooks.slack.com/services/T0/B0/s3cr3t"
FORM = {
    "owner": "me",
    "kind": "slack",
    "target": HOOK,
    "happenings": ["failed"],
    "language": "en",
}
ClientOf = Callable[[User], Client]


def test_an_address_is_taken_and_not_shown_again(bob: User, client_of: ClientOf) -> None:
    browser = client_of(bob)

    browser.post(ADDRESS, FORM | {"only_own": "on"})

    rule = NoticeRule.objects.get()
    assert (rule.user, rule.happenings, rule.only_own) == (bob, ["failed"], True)
    page = browser.get(ADDRESS).content.decode()
    assert "hooks.slack.com" in page
    assert "s3cr3t" not in page


def test_a_webhooks_secret_is_shown_once(bob: User, client_of: ClientOf) -> None:
    browser = client_of(bob)

    made = browser.post(ADDRESS, FORM | {"kind": "webhook", "target": "https://a.example.com/"})

    secret = made.context["made"].secret
    assert secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert secret not in browser.get(ADDRESS).content.decode()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"target": "https://169.254.169.254/"}, "target"),
        ({"happenings": []}, "happenings"),
        ({"kind": "pigeon"}, "kind"),
        ({"owner": "in:main"}, "owner"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    bob: User, client_of: ClientOf, fields: dict[str, Any], wrong: str
) -> None:
    answer = client_of(bob).post(ADDRESS, FORM | fields)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [wrong]
    assert not NoticeRule.objects.exists()


def test_an_admin_sets_up_notices_for_the_workspace(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    client_of(alice).post(ADDRESS, FORM | {"owner": "in:main"})

    assert NoticeRule.objects.get().workspace == alice.memberships.get().workspace
    assert "hooks.slack.com" not in client_of(bob).get(ADDRESS).content.decode()


def test_a_test_is_sent_and_the_log_says_what_became_of_it(
    bob: User, client_of: ClientOf, settings: Any
) -> None:
    settings.NOTICE_PRIVATE_HOSTS = ["127.0.0.1"]
    browser = client_of(bob)

    with Receiver(status=500) as receiver:
        browser.post(ADDRESS, FORM | {"target": receiver.url})
        browser.post(f"{ADDRESS}{NoticeRule.objects.get().pk}/test/")
        waiting = browser.get(ADDRESS).content.decode()
        notice_delivery.deliver_next("worker-1")

    assert "On its way" in waiting
    assert "HTTP 500" in browser.get(ADDRESS).content.decode()
    assert len(receiver.posts) == 1


def test_a_rule_is_ended_and_its_log_stays(bob: User, client_of: ClientOf) -> None:
    browser = client_of(bob)
    browser.post(ADDRESS, FORM)
    rule = NoticeRule.objects.get()
    browser.post(f"{ADDRESS}{rule.pk}/test/")

    browser.post(f"{ADDRESS}{rule.pk}/remove/")

    rule.refresh_from_db()
    assert rule.target == ""
    assert Notice.objects.filter(rule=rule).exists()
    assert "Send a test" not in browser.get(ADDRESS).content.decode()


def test_nobody_touches_anothers_rule(bob: User, alice: User, client_of: ClientOf) -> None:
    client_of(bob).post(ADDRESS, FORM)
    rule = NoticeRule.objects.get()

    for act in ("test", "remove"):
        assert client_of(alice).post(f"{ADDRESS}{rule.pk}/{act}/").status_code == 404
    assert not Notice.objects.exists()
