"""Sending: one create for each attempt, and an honest record of what came of it."""

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from jobs.choices import AttemptState, ExchangeOutcome, JobStatus, Verb
from jobs.models import AuditEvent, Exchange, ImportJob, Workspace
from jobs.services import sending
from jobs.simulator import Simulator
from tests.making import make_job
from tests.services.conftest import WORKER
from tests.statements import writes

Submit = Callable[..., ImportJob]


def verbs(job: ImportJob) -> list[str]:
    return list(AuditEvent.objects.filter(job_id=job.pk).values_list("verb", flat=True))


def test_an_accepted_job_is_confirmed_with_what_was_sent_and_received(
    submit: Submit, simulator: Simulator
) -> None:
    job = submit()

    assert sending.send_next(WORKER)

    job.refresh_from_db()
    attempt, exchange = job.attempts.get(), job.exchanges.get()
    (received,) = simulator.requests(call="create")
    assert (job.status, attempt.state) == (JobStatus.PENDING, AttemptState.CONFIRMED)
    assert job.remote_job_id == attempt.remote_job_id == simulator.jobs()[0][0].job_id
    assert job.base_model == "qwen3-32b"
    assert job.generated_model_name.startswith("qwen3-32b-offline-")
    assert exchange.request_body == attempt.payload == received.body.decode()
    assert json.loads(exchange.response_body)["output"]["job_id"] == job.remote_job_id
    assert (exchange.status_code, exchange.outcome) == (200, ExchangeOutcome.ANSWERED)
    assert job.request_id == exchange.request_id == attempt.request_id != ""
    assert verbs(job) == [Verb.JOB_SUBMITTED, Verb.ATTEMPT_SENDING, Verb.ATTEMPT_CONFIRMED]


def test_the_intent_to_send_is_on_disk_before_the_call(
    submit: Submit, simulator: Simulator
) -> None:
    job = submit()

    def refuse_sending(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and "sent_at" in sql:
            raise OperationalError("attempt to write a readonly database")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse_sending), pytest.raises(OperationalError):
        sending.send_next(WORKER)

    assert simulator.requests() == []
    assert job.attempts.get().state == AttemptState.INTENDED


@pytest.mark.parametrize(
    ("path", "code", "status_code"),
    [
        ("models/demo-denied/", "AccessDenied", 403),
        ("models/demo-arrears/", "Arrearage", 400),
        ("models/demo-throttled/", "Throttling.RateQuota", 429),
    ],
)
def test_a_refusal_is_stored_with_its_code_and_message(
    submit: Submit, simulator: Simulator, path: str, code: str, status_code: int
) -> None:
    job = submit(object_key=path)

    sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.error_call, job.error_code) == (JobStatus.REJECTED, "create", code)
    assert job.error_message
    assert job.exchanges.get().status_code == status_code
    assert job.guard_key == ""
    assert not sending.send_next(WORKER)


def test_an_unknown_base_model_is_a_refusal(submit: Submit, simulator: Simulator) -> None:
    job = submit(base_model="qwen3-8b-base")

    sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.REJECTED, "NotFound")


def test_a_wrong_key_is_a_refusal(
    submit: Submit, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "not-a-key")
    job = submit()

    sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.REJECTED, "InvalidApiKey")


def test_a_missing_key_is_said_with_the_setting_to_look_at(
    submit: Submit, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY")
    job = submit()

    sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.NOT_CREATED, "missing_key")
    assert "DASHSCOPE_API_KEY" in job.error_message
    assert simulator.requests() == []


def test_a_key_that_cannot_stand_in_a_header_is_said_and_never_shown(
    submit: Submit, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-密钥")
    job = submit()

    sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.NOT_CREATED, "key_unusable")
    assert "密钥" not in job.error_message


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [
        ({"kind": "reset"}, True),
        ({"kind": "reset"}, False),
        ({"kind": "close"}, True),
        ({"kind": "close"}, False),
        ({"kind": "hang"}, True),
        ({"kind": "hang"}, False),
        ({"kind": "envelope", "status": 500}, True),
        ({"kind": "envelope", "status": 503}, False),
        ({"kind": "html"}, True),
        ({"kind": "html", "status": 200}, True),
        ({"kind": "html", "status": 403}, False),
        ({"kind": "redirect"}, False),
        ({"kind": "empty"}, True),
        ({"kind": "truncated"}, True),
        ({"kind": "no_job_id"}, True),
        ({"kind": "envelope", "status": 200}, False),
    ],
)
def test_an_unclear_answer_is_unconfirmed_and_never_sent_again(
    submit: Submit,
    simulator: Simulator,
    settings: Any,
    clock: time_machine.Traveller,
    fault: dict[str, Any],
    accepted: bool,
) -> None:
    settings.DASHSCOPE_READ_TIMEOUT_SECONDS = 0.3
    simulator.fault(call="create", accepted=accepted, **fault)
    job = submit()

    sending.send_next(WORKER)
    clock.shift(timedelta(days=2))

    job.refresh_from_db()
    attempt = job.attempts.get()
    assert (job.status, attempt.state) == (JobStatus.UNCONFIRMED, AttemptState.UNKNOWN)
    assert job.exchanges.get().outcome == ExchangeOutcome.UNKNOWN
    assert verbs(job)[-1] == Verb.ATTEMPT_UNKNOWN
    assert not sending.send_next(WORKER)
    assert len(simulator.requests(call="create")) == 1


def test_what_never_left_is_tried_again_until_the_window_closes(
    submit: Submit, simulator: Simulator, settings: Any, clock: time_machine.Traveller
) -> None:
    settings.SEND_RETRY_SECONDS = 60
    settings.DASHSCOPE_BASE_URL = f"http://127.0.0.1:{_closed_port()}"
    job = submit()

    assert sending.send_next(WORKER)
    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.QUEUED, "refused")
    assert not sending.send_next(WORKER)  # not before the pause is over
    sent = 1
    while job.status == JobStatus.QUEUED:
        clock.shift(timedelta(seconds=31))
        sent += sending.send_next(WORKER)
        job.refresh_from_db()

    assert (job.status, job.error_code) == (JobStatus.NOT_CREATED, "gave_up")
    assert sent == job.attempts.count() == 3
    assert {attempt.state for attempt in job.attempts.all()} == {AttemptState.NOT_SENT}
    assert set(job.exchanges.values_list("outcome", flat=True)) == {ExchangeOutcome.NOT_SENT}


def test_with_no_window_it_gives_up_at_once(
    submit: Submit, simulator: Simulator, settings: Any
) -> None:
    settings.SEND_RETRY_SECONDS = 0
    settings.DASHSCOPE_BASE_URL = f"http://127.0.0.1:{_closed_port()}"
    job = submit()

    sending.send_next(WORKER)

    job.refresh_from_db()
    assert job.status == JobStatus.NOT_CREATED
    assert not sending.send_next(WORKER)


def test_what_never_left_arrives_once_dashscope_is_back(
    submit: Submit, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    simulator.stop()
    job = submit()
    sending.send_next(WORKER)
    simulator.start()
    clock.shift(timedelta(seconds=2))

    sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.PENDING, "")
    assert [a.state for a in job.attempts.all()] == [AttemptState.NOT_SENT, AttemptState.CONFIRMED]
    assert len(simulator.requests(call="create")) == 1


def test_an_intent_that_is_too_old_is_given_up_and_not_sent(
    submit: Submit, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    job = submit()
    clock.shift(timedelta(days=1, seconds=1))

    sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.NOT_CREATED, "expired")
    assert simulator.requests() == []


def test_a_claim_without_a_call_is_taken_over_when_its_lease_ends(
    submit: Submit, simulator: Simulator, clock: time_machine.Traveller, settings: Any
) -> None:
    job = submit()
    job.attempts.update(lease_owner="dead", lease_number=1, lease_until=_in(settings))

    assert not sending.send_next(WORKER)
    clock.shift(timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert sending.send_next(WORKER)

    job.refresh_from_db()
    assert job.status == JobStatus.PENDING
    assert len(simulator.requests(call="create")) == 1


def test_a_machine_that_slept_between_the_intent_and_the_call_does_not_send(
    submit: Submit, simulator: Simulator, clock: time_machine.Traveller, settings: Any
) -> None:
    job = submit()

    def sleep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and "sent_at" in sql:
            clock.shift(timedelta(seconds=settings.LEASE_SECONDS))
        return result

    with connection.execute_wrapper(sleep):
        sending.send_next(WORKER)

    assert simulator.requests() == []
    assert [(a.state, a.reason) for a in job.attempts.all()] == [
        (AttemptState.NOT_SENT, "paused"),
        (AttemptState.INTENDED, ""),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["jobs_exchange", "jobs_auditevent"])
def test_an_outcome_waits_for_a_database_that_is_locked_for_a_while(
    submit: Submit, simulator: Simulator, table: str
) -> None:
    job = submit()
    refusals = 2

    def refuse_outcomes(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal refusals
        answered = simulator.requests(call="create")
        if answered and refusals and writes(sql, table):
            refusals -= 1
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse_outcomes):
        sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, refusals) == (JobStatus.PENDING, 0)
    assert len(simulator.requests(call="create")) == 1


def test_a_late_answer_is_kept_as_evidence_and_changes_nothing(
    submit: Submit, simulator: Simulator, workspace: Workspace
) -> None:
    job = submit()

    def lose_the_lease(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and "sent_at" in sql:
            job.attempts.update(lease_owner="another", lease_number=9)
        return result

    with connection.execute_wrapper(lose_the_lease):
        sending.send_next(WORKER)

    job.refresh_from_db()
    assert job.status == JobStatus.SENDING
    assert Exchange.objects.get(job=job).status_code == 200
    assert verbs(job)[-1] == Verb.ATTEMPT_ANSWERED_LATE


def test_a_job_id_that_another_record_owns_is_not_given_twice(
    submit: Submit, simulator: Simulator, workspace: Workspace
) -> None:
    job = submit()
    owners: list[ImportJob] = []

    def let_another_own_it(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and "jobs_exchange" in sql and not owners:
            ((remote, _status),) = simulator.jobs()
            owners.append(make_job(workspace, remote_job_id=remote.job_id))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(let_another_own_it):
        sending.send_next(WORKER)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.UNCONFIRMED, "job_id_taken")
    assert job.remote_job_id == ""


def _closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def _in(settings: Any) -> Any:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
