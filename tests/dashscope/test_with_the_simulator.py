"""The client against the simulator: every call, every fault, and what really arrived."""

from typing import Any

import pytest

from jobs.dashscope import (
    DashScopeError,
    OutcomeUnknown,
    Reason,
    Rejected,
    Timeouts,
    build_create_payload,
)
from jobs.dashscope.client import Client
from jobs.simulator import Simulator
from jobs.simulator.faults import DETACHED, LISTING, SPOILING
from tests.dashscope.examples import CALLS, PATIENT, PAYLOAD, READS, client_of

# For what is silent for ever, or for seconds between two bytes.
HURRIED = Timeouts(connect_seconds=5, read_seconds=0.1, total_seconds=10)
LASTING = {"hang", "slow", "drip"}
SMALL = 100_000

# The word for each fault, and whether a read is tried a second time after it.
FAULTS: dict[str, tuple[set[Reason], bool]] = {
    "hang": ({Reason.READ_TIMEOUT}, True),
    "slow": ({Reason.READ_TIMEOUT}, True),
    "reset": ({Reason.CONNECTION_LOST}, True),
    "close": ({Reason.CONNECTION_LOST}, True),
    "envelope": ({Reason.SERVER_ERROR}, False),
    "nested_error": ({Reason.REJECTED}, False),
    "throttled": ({Reason.THROTTLED}, False),
    "html": ({Reason.SERVER_ERROR}, True),
    "empty": ({Reason.UNREADABLE_ANSWER}, False),
    "redirect": ({Reason.REDIRECTED}, False),
    "garbage": ({Reason.UNREADABLE_ANSWER}, True),
    "many_headers": ({Reason.UNREADABLE_ANSWER}, True),
    "long_header": ({Reason.UNREADABLE_ANSWER}, True),
    "endless": ({Reason.TOO_LARGE}, False),
    "truncated": ({Reason.BODY_CUT}, False),
    "truncated_chunks": ({Reason.BODY_CUT}, False),
    "reset_amid_body": ({Reason.CONNECTION_LOST}, False),
    "broken_gzip": ({Reason.UNREADABLE_ANSWER}, False),
    "unreadable": ({Reason.UNREADABLE_ANSWER}, False),
    "no_job_id": ({Reason.NO_JOB_ID}, False),
    "drip": ({Reason.READ_TIMEOUT}, False),
}
# A job_id is missed in an answer about one job; a list without a request id is a list.
HARMLESS = {"no_request_id"}
REFUSALS = {"nested_error", "throttled"}


@pytest.fixture(scope="module")
def running_simulator():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator):
    running_simulator.clock.freeze()
    yield running_simulator
    running_simulator.clear_faults()
    running_simulator.reset()


def ended_job(simulator: Simulator, client: Client) -> str:
    """A job that may be got and deleted."""
    created = client.create(PAYLOAD)
    simulator.set_status(created.job.job_id, "SUCCESSED")
    return created.job.job_id


def answer_or_error(client: Client, name: str, job_id: str) -> Any:
    try:
        if name == "create":
            return client.create(PAYLOAD)
        return client.list() if name == "list" else getattr(client, name)(job_id)
    except DashScopeError as error:
        return error


def test_every_fault_of_the_simulator_is_met_here():
    assert {*FAULTS, *HARMLESS} == {*DETACHED, *SPOILING}


@pytest.mark.parametrize("accepted", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_before_or_after_acceptance(kind, name, accepted, simulator):
    reasons, read_again = FAULTS[kind]
    if kind == "no_job_id" and name == "list":
        # It strikes answers about one job; there is nothing to take from a page.
        reasons = set()
    hurried = HURRIED if kind in LASTING else PATIENT
    options = {"seconds": 5.0} if kind in {"slow", "drip"} else {}
    with client_of(simulator.base_url, timeouts=PATIENT) as client:
        job_id = ended_job(simulator, client)
    before = len(simulator.requests(call=name))

    simulator.fault(kind, call=name, accepted=accepted, times=2, **options)
    with client_of(simulator.base_url, timeouts=hurried, max_body_bytes=SMALL) as client:
        outcome = answer_or_error(client, name, job_id)

    sent = outcome.exchange.requests_sent
    # A request that the client gave up on may be read by the simulator a moment later.
    received = simulator.wait_for_requests(before + sent, call=name)[before:]
    assert len(received) == sent == (2 if name in READS and read_again else 1)
    assert getattr(outcome, "reason", None) in (reasons or {None})
    if name not in READS and kind not in REFUSALS:
        assert isinstance(outcome, OutcomeUnknown)
    if kind in REFUSALS:
        assert isinstance(outcome, Rejected)
    if name not in READS:
        acted = [request.job_id is not None for request in received]
        assert acted == [accepted or kind in SPOILING]


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_without_a_request_id_is_an_answer(name, simulator):
    with client_of(simulator.base_url) as client:
        job_id = ended_job(simulator, client)
        simulator.fault("no_request_id", call=name)
        outcome = answer_or_error(client, name, job_id)

    assert outcome.exchange.request_id == ""
    assert outcome.exchange.status_code == 200


@pytest.mark.parametrize("kind", sorted(LISTING))
def test_pages_that_shift_repeat_or_say_little_are_read_as_they_come(kind, simulator):
    with client_of(simulator.base_url) as client:
        for _ in range(12):
            ended_job(simulator, client)
        simulator.fault(kind, call="list", times=None)
        pages = [client.list(page_no=number, page_size=5) for number in (1, 2, 3)]

    rows = [job for page in pages for job in page.jobs]
    assert len(rows) >= 11
    assert all(job.job_id and job.status for job in rows)
    assert {job.status for job in rows} == {"QUEUING"} or kind != "unknown_status"


def test_a_job_from_its_creation_to_its_deletion(simulator):
    with client_of(simulator.base_url) as client:
        created = client.create(PAYLOAD)
        job_id = created.job.job_id
        pending = client.get(job_id)
        with pytest.raises(Rejected) as refused:
            client.delete(job_id)
        simulator.clock.push(3600)
        listed = client.list(status="SUCCEEDED", model_name=created.job.model_name)
        deleted = client.delete(job_id)
        with pytest.raises(Rejected) as gone:
            client.get(job_id)

    assert (created.job.status, created.job.weight_type) == ("PENDING", "lora")
    assert created.job.model_name.startswith("qwen3-32b-")
    assert (pending.job.status, pending.job.weight_type) == ("PENDING", "")
    assert refused.value.code == "OperationDenied"
    assert [job.job_id for job in listed.jobs] == [job_id]
    assert listed.jobs[0].status == deleted.job.status == "SUCCESSED"
    assert gone.value.code == "NotFound"
    assert created.job.created_at == pending.job.created_at


def test_what_the_simulator_refuses_is_refused(simulator):
    unknown = build_create_payload(
        base_model="no-such-model",
        display_name="",
        bucket_name="my-model-bucket",
        object_key="models/x/",
        weight_type="lora",
    )

    with client_of(simulator.base_url) as client, pytest.raises(Rejected) as no_model:
        client.create(unknown)
    with client_of(simulator.base_url, api_key="not-a-key") as client:
        no_key = answer_or_error(client, "list", "")

    assert (type(no_model.value), no_model.value.code) == (Rejected, "NotFound")
    assert (type(no_key), no_key.code) == (Rejected, "InvalidApiKey")


def test_a_simulator_that_is_gone_was_sent_nothing():
    with Simulator() as simulator:
        pass

    with client_of(simulator.base_url) as client:
        error = answer_or_error(client, "create", "")

    assert error.reason == Reason.REFUSED
    assert simulator.requests() == []
