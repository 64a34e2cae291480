"""Submitting: the intent is on disk, once, before anything can be sent."""

import json
import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection
from hypothesis import example, given
from hypothesis import strategies as st

from jobs import actors
from jobs.choices import AttemptState, JobStatus, Verb
from jobs.errors import (
    DifferentSubmission,
    DuplicateImport,
    InvalidFields,
    NotPermitted,
    WrongState,
)
from jobs.models import Attempt, AuditEvent, ImportJob, User, Workspace
from jobs.services import content, submission
from jobs.simulator import Simulator
from tests.making import make_job
from tests.services.conftest import fields_for
from tests.statements import writes

Submit = Callable[..., ImportJob]


def person(user: User) -> actors.Actor:
    return actors.Actor(kind="person", label=user.label, user_id=user.pk)


def test_it_writes_the_job_the_attempt_and_the_event_together(submit: Submit, bob: User) -> None:
    job = submit("Support tone")

    attempt = job.attempts.get()
    event = AuditEvent.objects.get(verb=Verb.JOB_SUBMITTED)
    assert (job.status, attempt.state) == (JobStatus.QUEUED, AttemptState.INTENDED)
    assert json.loads(attempt.payload) == {
        "model_name": "qwen3-32b",
        "display_name": "Support tone",
        "source": "oss",
        "weight_type": "lora",
        "storage_info": {"bucket_name": "acme-models", "object_key": "models/support-tone/"},
    }
    assert (event.job_id, event.actor_user_id) == (job.pk, bob.pk)
    assert json.loads(event.canonical)["data"]["payload_digest"] == attempt.payload_digest


def test_nothing_is_stored_or_sent_when_the_event_cannot_be_written(
    submit: Submit, simulator: Simulator
) -> None:
    def refuse_events(execute, sql, params, many, context):
        if writes(sql, "jobs_auditevent"):
            raise OperationalError("database or disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse_events), pytest.raises(OperationalError):
        submit()

    assert ImportJob.objects.count() == Attempt.objects.count() == 0
    assert simulator.requests() == []


def test_the_same_key_leads_to_the_same_job(submit: Submit) -> None:
    first = submit(submission_key="form:1:abc")
    second = submit(submission_key="form:1:abc")

    assert first.pk == second.pk
    assert Attempt.objects.count() == 1


def test_the_same_key_with_other_content_is_refused(submit: Submit) -> None:
    first = submit(submission_key="form:1:abc")

    with pytest.raises(DifferentSubmission) as refused:
        submit("Another name", submission_key="form:1:abc")

    assert refused.value.earlier_id == first.pk


@pytest.mark.parametrize(
    "status",
    [
        JobStatus.QUEUED,
        JobStatus.SENDING,
        JobStatus.UNCONFIRMED,
        JobStatus.PENDING,
        JobStatus.RUNNING,
        JobStatus.SUCCEEDED,
        JobStatus.OTHER,
    ],
)
def test_the_same_weights_are_refused_while_open_or_succeeded(
    submit: Submit, workspace: Workspace, bob: User, status: JobStatus
) -> None:
    earlier = make_job(workspace, by=bob, status=status, **fields_for("Support tone"))

    with pytest.raises(DuplicateImport) as refused:
        submit("Another name", object_key=earlier.object_key)

    assert refused.value.earlier_id == earlier.pk


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.REJECTED, JobStatus.NOT_CREATED])
def test_the_same_weights_may_follow_what_came_to_nothing(
    submit: Submit, workspace: Workspace, bob: User, status: JobStatus
) -> None:
    earlier = make_job(workspace, by=bob, status=status, **fields_for("Support tone"))

    job = submit("Support tone", resubmission_of=earlier)

    assert job.resubmission_of == earlier
    assert AuditEvent.objects.filter(verb=Verb.JOB_RESUBMITTED, job_id=job.pk).exists()


def test_an_open_job_cannot_be_resubmitted(submit: Submit, workspace: Workspace, bob: User) -> None:
    earlier = make_job(workspace, by=bob, status=JobStatus.RUNNING)

    with pytest.raises(WrongState):
        submit("Support tone", resubmission_of=earlier)


def test_a_deliberate_duplicate_needs_a_reason_and_leaves_it_in_the_history(
    submit: Submit,
) -> None:
    earlier = submit()

    with pytest.raises(InvalidFields) as refused:
        submit(allow_duplicate=True)
    job = submit(allow_duplicate=True, reason="the first one was a trial")

    event = AuditEvent.objects.get(verb=Verb.GUARD_OVERRIDDEN)
    assert list(refused.value.fields) == ["reason"]
    assert json.loads(event.canonical)["data"] == {
        "earlier_job": earlier.pk,
        "reason": "the first one was a trial",
    }
    assert job.duplicate_reason == "the first one was a trial"


@pytest.mark.parametrize("role", ["vera", "ada", "charlie"])
def test_only_those_who_may_submit_can(
    workspace: Workspace, request: pytest.FixtureRequest, role: str
) -> None:
    user = request.getfixturevalue(role)

    with pytest.raises(NotPermitted):
        submission.submit(workspace, fields_for(), actor=person(user))

    assert not ImportJob.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["form:1:abc", ""], ids=["the same form", "the same weights"])
def test_thirty_at_once_make_one_job(workspace: Workspace, bob: User, key: str) -> None:
    outcomes: list[str] = []
    together = threading.Barrier(30)

    def post() -> None:
        together.wait()
        try:
            made = submission.submit(workspace, fields_for(), actor=person(bob), submission_key=key)
            outcomes.append("created" if made.created else "the same")
        except DuplicateImport:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["created"] + 29 * ["the same" if key else "refused"]
    assert ImportJob.objects.count() == Attempt.objects.count() == 1


@pytest.mark.parametrize(
    ("value", "suggestion"),
    [
        ("models/tone", "models/tone/"),
        ("/models/tone/", "models/tone/"),
        ("oss://acme-models/models/tone", "models/tone/"),
        ("acme-models/models/tone/", "models/tone/"),
        ("models//tone/", "models/tone/"),
        ("models\\tone\\", "models/tone/"),
        (" models/tone/ ", "models/tone/"),
        ("models/../tone/", "models/tone/"),
        ("", ""),
        ("/", ""),
        ("oss://acme-models/", ""),
        ("models/\u202etone/", ""),
        ("models/to\x00ne/", ""),
    ],
)
def test_a_wrong_path_is_refused_with_what_would_do(value: str, suggestion: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        content.check(fields_for(object_key=value))

    assert list(refused.value.fields) == ["object_key"]
    assert refused.value.suggestions.get("object_key", "") == suggestion


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_model", ""),
        ("base_model", "千问"),
        ("base_model", "qwen3 32b"),
        ("base_model", "q" * 10_000),
        ("display_name", "n" * 51),
        ("display_name", "a\u202eb"),
        ("display_name", "line\nbreak"),
        ("bucket_name", ""),
        ("bucket_name", "Acme"),
        ("bucket_name", "ab"),
        ("bucket_name", "-acme"),
        ("bucket_name", "oss://acme/x/"),
        ("object_key", "长" * 400 + "/"),
        ("weight_type", "LoRA"),
        ("weight_type", ""),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(field: str, value: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        content.check(fields_for(**{field: value}))

    assert list(refused.value.fields) == [field]
    assert all(refused.value.fields[field])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""),
        ("display_name", "客服意图 LoRA v8"),
        ("display_name", "👩‍👩‍👧 tone"),
        ("display_name", "n" * 50),
        ("object_key", "模型/客服/"),
        ("object_key", "a/"),
        ("base_model", "qwen2.5-vl-72b-instruct"),
    ],
)
def test_a_right_value_is_taken_as_it_is(field: str, value: str) -> None:
    wanted = content.check(fields_for(**{field: value}))

    assert getattr(wanted, field) == value


NOTHING = dict.fromkeys(content.FIELDS, "")


@given(st.fixed_dictionaries({name: st.text(max_size=80) for name in content.FIELDS}))
@example(NOTHING | {"bucket_name": "0/0", "object_key": "0/0"})
@example(NOTHING | {"bucket_name": "weights", "object_key": "weights/weights/v1"})
def test_any_text_is_either_taken_or_refused_and_every_suggestion_would_do(
    fields: dict[str, str],
) -> None:
    wrong, suggestions = _refusals(fields)

    assert wrong <= set(content.FIELDS)
    for name, value in suggestions.items():
        assert name not in _refusals(fields | {name: value})[0]
    if not wrong:
        payload = json.loads(content.check(fields).payload())
        assert payload["model_name"] == fields["base_model"]


def _refusals(fields: dict[str, str]) -> tuple[set[str], dict[str, str]]:
    try:
        content.check(fields)
    except InvalidFields as refused:
        return set(refused.fields), refused.suggestions
    return set(), {}
