"""Notices: asked for by rules, found in the history, delivered with patience."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail

from jobs import actors
from jobs.actors import Actor
from jobs.choices import (
    ActorKind,
    Happening,
    JobStatus,
    NoticeKind,
    NoticeState,
    Verb,
)
from jobs.errors import InvalidFields, NotPermitted
from jobs.models import (
    AuditEvent,
    AuditPersonal,
    ImportJob,
    Membership,
    Notice,
    NoticeRule,
    User,
    Workspace,
)
from jobs.services import audit, members, notice_delivery, notices
from tests.making import make_job
from tests.services.receiver import Receiver

HOOK = "https://hooks.slack.com/services/T0/B0/s3cr3t"


def as_person(user: User) -> Actor:
    return Actor(kind=ActorKind.PERSON, label=user.label, user_id=user.pk)


def add(owner: User | Workspace, by: User, **fields: Any) -> NoticeRule:
    fields = {
        "kind": NoticeKind.SLACK,
        "target": HOOK,
        "happenings": notices.CHOOSABLE,
        "language": "en",
    } | fields
    return notices.add(owner, **fields, actor=as_person(by)).rule


def tell(job: ImportJob, verb: Verb, **data: Any) -> None:
    """What a service would write of the job."""
    with audit.act(actors.worker("worker-1")) as act:
        act.record(verb, job, data=data)


def fail(job: ImportJob) -> None:
    tell(job, Verb.JOB_STATUS_CHANGED, old="running", new="failed")


def find() -> list[Notice]:
    while notices.find_next("worker-1"):
        pass
    return list(Notice.objects.order_by("id"))


@pytest.fixture(autouse=True)
def _looked_once(workspace: Workspace) -> None:
    """What came before the first look is nobody's news."""
    notices.find_next("worker-1")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.NOTICE_PRIVATE_HOSTS = ["127.0.0.1"]
    with Receiver() as receiver:
        yield receiver


def test_each_happening_is_found_once(alice: User, workspace: Workspace) -> None:
    add(workspace, alice)
    job = make_job(workspace)
    corrected = make_job(workspace, resubmission_of=job)

    tell(job, Verb.JOB_STATUS_CHANGED, old="running", new="succeeded")
    tell(job, Verb.JOB_STATUS_CHANGED, old="running", new="failed")
    tell(job, Verb.JOB_STATUS_CHANGED, old="pending", new="running")
    tell(job, Verb.ATTEMPT_CONFIRMED, status="PENDING")
    tell(job, Verb.ATTEMPT_CONFIRMED, status="SUCCESSED")
    tell(job, Verb.ATTEMPT_REJECTED)
    tell(job, Verb.ATTEMPT_UNKNOWN)
    tell(job, Verb.ATTEMPT_ABSENT)
    tell(corrected, Verb.JOB_STATUS_CHANGED, old="running", new="succeeded")

    assert [notice.happening for notice in find()] == [
        *("finished", "failed", "finished", "rejected", "unknown", "settled", "fixed"),
    ]
    assert len(find()) == 7


@pytest.mark.parametrize("verb", [Verb.ATTEMPT_ADOPTED, Verb.ATTEMPT_PICKED])
def test_who_waits_for_an_end_hears_of_one_that_was_found_by_settling(
    alice: User, workspace: Workspace, verb: Verb
) -> None:
    failures = add(workspace, alice, happenings=["failed", "settled"])
    settled = add(workspace, alice, happenings=["settled"])
    add(workspace, alice, happenings=["finished"])

    tell(make_job(workspace), verb, status="FAILED")

    told = {notice.rule: notice.happening for notice in find()}
    assert told == {failures: "failed", settled: "settled"}


def test_a_rule_hears_of_what_it_asks_for(alice: User, workspace: Workspace) -> None:
    failures = add(workspace, alice, happenings=["failed"])
    successes = add(workspace, alice, happenings=["finished"])
    corrections = add(workspace, alice, happenings=["fixed"])
    job = make_job(workspace, resubmission_of=make_job(workspace))

    tell(job, Verb.JOB_STATUS_CHANGED, old="running", new="succeeded")

    assert {notice.rule for notice in find()} == {successes, corrections}
    assert failures.happenings == ["failed"]


def test_a_person_hears_of_what_they_may_see(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    everything, own = add(bob, bob), add(bob, bob, only_own=True)
    stranger = add(charlie, charlie)
    fail(make_job(workspace, by=alice))
    assert {notice.rule for notice in find()} == {everything}

    fail(make_job(workspace, by=bob))

    assert [notice.rule for notice in find()][1:] == [everything, own]
    assert not stranger.notices.exists()


def test_a_removed_rule_hears_nothing_and_keeps_no_secret(
    alice: User, workspace: Workspace
) -> None:
    rule = add(workspace, alice)

    notices.remove(rule, actor=as_person(alice))
    fail(make_job(workspace))

    rule.refresh_from_db()
    assert (rule.target, rule.secret) == ("", "")
    assert find() == []


def test_no_secret_of_a_target_is_readable_in_the_database(
    alice: User, workspace: Workspace
) -> None:
    add(workspace, alice)

    stored = [*NoticeRule.objects.values_list(), *AuditEvent.objects.values_list()]
    stored += AuditPersonal.objects.values_list()

    assert "s3cr3t" not in repr(stored)
    assert NoticeRule.objects.get().shown == "hooks.slack.com"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"target": "https://evil.example/services/x"}, "target"),
        ({"target": "http://hooks.slack.com/x"}, "target"),
        ({"target": "https://127.0.0.1/x", "kind": NoticeKind.DINGTALK}, "target"),
        ({"kind": NoticeKind.EMAIL, "target": "not an address"}, "target"),
        ({"kind": NoticeKind.EMAIL, "target": "a@b.example\nBcc: c@d.example"}, "target"),
        ({"happenings": []}, "happenings"),
        ({"happenings": ["test"]}, "happenings"),
        ({"kind": NoticeKind.WEBHOOK, "target": "https://a.example", "secret": "x"}, "secret"),
    ],
)
def test_it_refuses_what_no_rule_can_be(
    alice: User, workspace: Workspace, fields: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(InvalidFields) as refused:
        add(workspace, alice, **fields)

    assert list(refused.value.fields) == [wrong]


def test_a_webhook_gets_a_secret_that_is_shown_once(alice: User, workspace: Workspace) -> None:
    made = notices.add(
        workspace,
        kind=NoticeKind.WEBHOOK,
        target="https://hooks.example.com/",
        happenings=["failed"],
        language="en",
        actor=as_person(alice),
    )

    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(list(NoticeRule.objects.values_list()))


def test_only_its_owner_sets_up_ends_and_tests_a_rule(
    alice: User, bob: User, workspace: Workspace
) -> None:
    rule = add(alice, alice)

    with pytest.raises(NotPermitted):
        add(workspace, bob)
    with pytest.raises(NotPermitted):
        add(alice, bob)
    for act in (notices.remove, notices.test):
        with pytest.raises(NotPermitted):
            act(rule, actor=as_person(bob))


def test_a_message_says_what_happened_and_what_to_do(
    alice: User, workspace: Workspace, receiver: Receiver
) -> None:
    add(workspace, alice, target=receiver.url)
    job = make_job(workspace, by=alice, status=JobStatus.FAILED, display_name="Support tone")
    fail(job)
    find()

    assert notice_delivery.deliver_next("worker-1")

    text = receiver.posts[0][2].decode()
    assert "An import failed: Support tone" in text
    assert "Submitted by Alice" in text
    assert f"/jobs/{job.pk}/" in text
    notice = Notice.objects.get()
    assert (notice.state, notice.status_code, notice.tries) == (NoticeState.SENT, 200, 1)
    assert not notice_delivery.deliver_next("worker-1")


def test_a_message_is_in_the_language_of_its_rule(
    alice: User, workspace: Workspace, receiver: Receiver
) -> None:
    add(workspace, alice, target=receiver.url, language="zh-hans")
    fail(make_job(workspace, status=JobStatus.FAILED))
    find()

    notice_delivery.deliver_next("worker-1")

    assert "目录" in receiver.posts[0][2].decode()


def test_a_receiver_that_is_down_is_tried_again_and_then_given_up(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    settings.NOTICE_PRIVATE_HOSTS = ["127.0.0.1"]
    rule = add(workspace, alice, target="http://127.0.0.1:9/")
    notices.test(rule, actor=as_person(alice))

    with time_machine.travel(rule.created_at, tick=False) as clock:
        waited = 0
        while Notice.objects.get().state == NoticeState.DUE:
            clock.shift(3600)
            assert notice_delivery.deliver_next("worker-1")
            waited += 1

    notice = Notice.objects.get()
    assert waited == notice.tries == notice_delivery.MOST_TRIES
    assert (notice.state, notice.trouble) == (NoticeState.FAILED, "the connection was refused")


def test_between_tries_it_waits_longer_each_time(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    settings.NOTICE_PRIVATE_HOSTS = ["127.0.0.1"]
    notices.test(add(workspace, alice, target="http://127.0.0.1:9/"), actor=as_person(alice))

    assert notice_delivery.deliver_next("worker-1")

    assert not notice_delivery.deliver_next("worker-1")
    assert Notice.objects.get().state == NoticeState.DUE


def test_a_redirect_to_a_private_address_goes_nowhere(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    settings.NOTICE_PRIVATE_HOSTS = ["127.0.0.1"]
    with Receiver() as private, Receiver(status=302, location=private.url) as receiver:
        notices.test(add(workspace, alice, target=receiver.url), actor=as_person(alice))
        notice_delivery.deliver_next("worker-1")

    assert private.posts == []
    assert "redirect" in Notice.objects.get().trouble


def test_an_address_that_may_not_be_called_any_more_is_not(
    alice: User, workspace: Workspace, receiver: Receiver, settings: Any
) -> None:
    notices.test(add(workspace, alice, target=receiver.url), actor=as_person(alice))
    settings.NOTICE_PRIVATE_HOSTS = []

    notice_delivery.deliver_next("worker-1")

    assert receiver.posts == []
    assert Notice.objects.get().state == NoticeState.FAILED


def test_whoever_left_hears_nothing_more(
    bob: User, workspace: Workspace, receiver: Receiver
) -> None:
    add(bob, bob, target=receiver.url)
    fail(make_job(workspace))
    find()
    members.remove(Membership.objects.get(user=bob), actor=actors.command_line())

    notice_delivery.deliver_next("worker-1")

    assert receiver.posts == []
    assert Notice.objects.get().state == NoticeState.FAILED


def test_under_another_key_the_target_has_to_be_given_again(
    alice: User, workspace: Workspace, receiver: Receiver, settings: Any
) -> None:
    notices.test(add(workspace, alice, target=receiver.url), actor=as_person(alice))
    settings.TOKEN_DIGEST_KEY = "another"

    notice_delivery.deliver_next("worker-1")

    assert receiver.posts == []
    assert "given again" in Notice.objects.get().trouble


def test_e_mail_is_sent_with_one_line_for_a_subject(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    add(workspace, alice, kind=NoticeKind.EMAIL, target="team@example.com")
    fail(make_job(workspace, display_name="Support\ntone"))
    find()

    notice_delivery.deliver_next("worker-1")

    sent = mail.outbox[0]
    assert sent.to == ["team@example.com"]
    assert sent.subject == "An import failed: Support tone"


def test_without_a_mail_server_e_mail_is_given_up_at_once(
    alice: User, workspace: Workspace
) -> None:
    rule = add(workspace, alice, kind=NoticeKind.EMAIL, target="team@example.com")
    notices.test(rule, actor=as_person(alice))

    notice_delivery.deliver_next("worker-1")

    assert Notice.objects.get().trouble == "EMAIL_URL is not set where the worker runs"
    assert Notice.objects.get().happening == Happening.TEST
