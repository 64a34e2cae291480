from typing import Any

import pytest
from django.utils import translation

from jobs import actors
from jobs.actors import Actor
from jobs.choices import ActorKind, Role, Verb
from jobs.models import AuditEvent, AuditPersonal, User, Workspace
from jobs.services import audit, history, members
from tests.making import make_job


def person(user: User) -> Actor:
    return Actor(kind=ActorKind.PERSON, label=user.label, user_id=user.pk, address="10.0.3.21")


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_makes_a_sentence(bob: User, workspace: Workspace, verb: Verb) -> None:
    with audit.act(person(bob)) as act:
        act.record(verb, workspace, data={"old": "running", "new": "failed"})

    sentence = history.entries(AuditEvent.objects.filter(verb=verb))[-1].sentence

    assert "{" not in sentence
    assert sentence[0].isupper() or not sentence[0].isalpha()


def test_values_in_a_sentence_are_not_looked_into_again(bob: User, workspace: Workspace) -> None:
    job = make_job(workspace, display_name="{actor.__class__}")
    with audit.act(person(bob)) as act:
        act.record(Verb.JOB_SUBMITTED, job)

    entry = history.entries(AuditEvent.objects.filter(job_id=job.pk))[0]

    assert entry.sentence == "Bob submitted {actor.__class__}"


def test_a_change_is_told_in_words_with_both_clocks(workspace: Workspace) -> None:
    job = make_job(workspace)
    data = {
        "old": "running",
        "new": "failed",
        "error_code": "AvailableModelFileNotFound",
        "dashscope_time": "2026-01-31T08:00:00.000000Z",
    }
    with audit.act(actors.worker("w")) as act:
        act.record(Verb.JOB_STATUS_CHANGED, job, data=data)

    entry = history.of_job(job)[0]

    assert entry.sentence == "This import went from Running to Failed"
    assert entry.tone == "bad"
    assert entry.details == [("error code", "AvailableModelFileNotFound")]
    assert entry.dashscope_at is not None
    assert entry.actor == "The worker"


def test_people_are_named_until_they_are_erased(
    bob: User, alice: User, workspace: Workspace
) -> None:
    members.add(workspace, bob, Role.VIEWER, actor=person(alice))
    events = AuditEvent.objects.filter(verb=Verb.MEMBER_CHANGED)

    named = history.entries(events)[0].sentence
    AuditPersonal.objects.filter(user_id=bob.pk).delete()
    erased = history.entries(events)[0].sentence

    assert named == f"Alice made Bob Viewer of {workspace}"
    assert erased == f"Alice made person {bob.pk} Viewer of {workspace}"


def test_a_retired_verb_is_shown_as_it_is(workspace: Workspace) -> None:
    job = make_job(workspace)
    with audit.act(actors.command_line()) as act:
        act.record("job.retired", job)

    assert history.of_job(job)[0].sentence == "Job.retired"


def test_it_takes_two_queries_however_long_it_is(
    workspace: Workspace, django_assert_num_queries: Any
) -> None:
    job = make_job(workspace)
    for _ in range(5):
        with audit.act(actors.worker("w")) as act:
            act.record(Verb.ATTEMPT_SENDING, job, data={"attempt": 1})

    with django_assert_num_queries(2):
        assert len(history.of_job(job)) == 5


def test_sentences_are_made_when_read(workspace: Workspace) -> None:
    job = make_job(workspace)
    with translation.override("zh-hans"), audit.act(actors.worker("w")) as act:
        act.record(Verb.JOB_GONE, job)

    with translation.override("en"):
        assert history.of_job(job)[0].sentence == "This import is no longer at DashScope"
