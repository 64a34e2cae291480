"""What is going on at this moment: one import in every status, kept there by the simulator."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from jobs.models import Attempt, ImportJob, User, Workspace
from jobs.services import discovery, following, removal, sending, settling, submission
from jobs.simulator import Simulator, SimulatorControl
from jobs.simulator.faults import FaultHandle
from tests.screenshots.past import BUCKETS, FETCH, MISSING, WORKER, actor_of

# Named by what becomes of each.
RUNNING, PENDING, OTHER = "医疗问答 v31", "Invoice reader v33", "Log triage v34"
FAILED, REJECTED, SUCCEEDED = "Ticket router v35", "Ticket router v36", "客服语气 v32"
LOST, CONFLICT, QUEUED, SENDING = (
    "合同摘要 v37",
    "Contract notes",
    "商品标题改写 v38",
    "Support tone v39",
)


def live_now(workspace: Workspace, port: int, state_file: Path) -> None:
    """Submit them over the last forty minutes, and run the worker's steps on each."""
    now = datetime.now(UTC)
    with (
        time_machine.travel(now - timedelta(minutes=41), tick=False) as clock,
        # Started in the past, because its own clock never runs backwards.
        Simulator(port=port, state_file=state_file) as simulator,
    ):
        _submit(workspace, "lin.yue", FAILED, "qwen3-8b", "support/router-r48/run-241/")
        sending.send_next(WORKER)
        _fix(simulator, FAILED, "FAILED", MISSING)
        clock.shift(timedelta(minutes=6))
        following.follow_next(WORKER)
        _submit(workspace, "lin.yue", REJECTED, "qwen3-8b-base", "support/router-r32/run-242/")
        sending.send_next(WORKER)
        clock.shift(timedelta(minutes=12))
        for name, base_model, path, word in (
            (RUNNING, "qwen2.5-72b-instruct", "health/answers-r16/run-243/", "RUNNING"),
            (OTHER, "qwen3-4b-instruct-2507", "ops/triage-r8/run-244/", "PAUSED"),
            (SUCCEEDED, "qwen3-32b", "support/tone-r16/run-245/", "SUCCESSED"),
            (PENDING, "qwen3-vl-8b-instruct", "finance/invoices-r16/run-246/", "PENDING"),
        ):
            _submit(workspace, "wang.lei", name, base_model, path)
            sending.send_next(WORKER)
            _fix(simulator, name, word)
            clock.shift(timedelta(minutes=4))
            following.follow_next(WORKER)
        for name, base_model, path in (
            (CONFLICT, "qwen3-14b", "legal/notes-r32/run-247/"),
            (LOST, "qwen3-14b", "legal/summary-r32/run-248/"),
        ):
            simulator.fault("close", call="create")
            _submit(workspace, "omar", name, base_model, path)
            sending.send_next(WORKER)
            if name == CONFLICT:
                _make_twice_elsewhere(simulator, name, base_model, path)
            settling.settle_next(WORKER)
            clock.shift(timedelta(minutes=1))
        simulator.add_foreign_job(
            display_name="console trial", base_model="qwen3-8b", status="FAILED", error_code=FETCH
        )
        discovery.discover_next(WORKER)
        queued = _submit(
            workspace, "omar", QUEUED, "qwen2.5-14b-instruct", "shop/titles-r16/run-249/"
        )
        Attempt.objects.filter(job=queued).update(send_after=now + timedelta(days=1))
        _delete_an_old_one()


def hold_one_amid_sending(workspace: Workspace, simulator: SimulatorControl) -> FaultHandle:
    """Submit one whose answer does not come until the fault is released."""
    fault = simulator.fault("hang", call="create", aimed_at=SENDING)
    _submit(workspace, "priya", SENDING, "qwen3-32b", "support/tone-en-r16/run-250/")
    fault.wait_until_struck()
    return fault


def job_named(name: str) -> ImportJob:
    """The job that has this name."""
    return ImportJob.objects.get(display_name=name)


def _submit(
    workspace: Workspace, username: str, name: str, base_model: str, path: str
) -> ImportJob:
    fields = {
        "base_model": base_model,
        "display_name": name,
        "bucket_name": BUCKETS[0],
        "object_key": path,
        "weight_type": "lora",
    }
    person = User.objects.get(username=username)
    return submission.submit(workspace, fields, actor=actor_of(person)).job


def _fix(simulator: Simulator, name: str, word: str, error_code: str | None = None) -> None:
    job_id = next(job.job_id for job, _ in simulator.jobs() if job.display_name == name)
    simulator.set_status(job_id, word, error_code=error_code)


def _make_twice_elsewhere(simulator: Simulator, name: str, base_model: str, path: str) -> None:
    row = {
        "display_name": name,
        "base_model": base_model,
        "bucket_name": BUCKETS[0],
        "object_key": path,
        "status": "RUNNING",
    }
    simulator.add_foreign_jobs([row, row])


def _delete_an_old_one() -> None:
    oldest = ImportJob.objects.filter(status="succeeded").order_by("created_at")[0]
    lin_yue = User.objects.get(username="lin.yue")
    removal.request(oldest, reason="Superseded by v2.", actor=actor_of(lin_yue))
    removal.remove_next(WORKER)
