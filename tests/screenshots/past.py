"""Thirty days of a team's imports, lived through in seconds: every record is the services' own.

The clock of this process is moved, the simulator answers in it, and the worker's steps are run
one by one, so that the history of these days verifies like any other.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import time_machine
from django.core.management import call_command

from jobs.actors import Actor
from jobs.choices import ActorKind, DutyKind, JobStatus, Role
from jobs.models import ImportJob, User, Workspace
from jobs.services import duties, following, sending, submission
from jobs.simulator import Simulator
from jobs.simulator.lives import Life
from tests.audit.histories import admit

DAYS = 30
WORKER = "worker-1"
SEED = 20261124

PEOPLE = (
    ("lin.yue", "悦", "林", Role.ADMIN),
    ("omar", "Omar", "Haddad", Role.SUBMITTER),
    ("priya", "Priya", "Nair", Role.SUBMITTER),
    ("wang.lei", "磊", "王", Role.SUBMITTER),
    ("ingrid", "Ingrid", "Solberg", Role.AUDITOR),
)
MODELS = (
    ("客服语气", "support/tone", "qwen3-32b"),
    ("Support tone", "support/tone-en", "qwen3-32b"),
    ("合同摘要", "legal/summary", "qwen3-14b"),
    ("Contract summariser", "legal/summary-en", "qwen3-14b"),
    ("Ticket router", "support/router", "qwen3-8b"),
    ("商品标题改写", "shop/titles", "qwen2.5-14b-instruct"),
    ("Invoice reader", "finance/invoices", "qwen3-vl-8b-instruct"),
    ("医疗问答", "health/answers", "qwen2.5-72b-instruct"),
    ("Log triage", "ops/triage", "qwen3-4b-instruct-2507"),
)
BUCKETS = ("acme-models", "acme-models", "acme-research")
MISSING, FETCH = "AvailableModelFileNotFound", "OSS获取文件失败，请检查OSS内文件"
# What becomes of an import, by weight: mostly it succeeds.
FATES = (("succeeds", 88), (MISSING, 5), (FETCH, 3), ("denied", 2), ("unknown base model", 2))


def live_through(port: int, state_file: Path) -> None:
    """Make the workspace, its people and their imports of thirty days, up to an hour ago."""
    # Pictures alone hang on these numbers, and the same ones make the same pictures.
    chance = random.Random(SEED)
    now = datetime.now(UTC)
    with time_machine.travel(now - timedelta(days=DAYS), tick=False) as clock:
        call_command("set_up")
        workspace = Workspace.objects.get()
        people = [_person(workspace, *person) for person in PEOPLE]
        submitters = [person for person, known in zip(people, PEOPLE, strict=True) if _may(known)]
        with Simulator(port=port, state_file=state_file) as simulator:
            for number, at in enumerate(_moments(chance, now)):
                clock.move_to(at)
                person = chance.choice(submitters)
                fate = chance.choices([f for f, _ in FATES], [w for _, w in FATES])[0]
                minutes = chance.lognormvariate(2.0, 0.45)
                job = _submit(workspace, person, chance, number, fate, simulator, minutes)
                sending.send_next(WORKER)
                clock.shift(timedelta(minutes=minutes + 1))
                duties.hasten(workspace, DutyKind.FOLLOW)
                following.follow_next(WORKER)
                job.refresh_from_db()
                if job.status in (JobStatus.REJECTED, JobStatus.FAILED) and chance.random() < 0.7:
                    _correct(job, person, clock, simulator)


def actor_of(person: User) -> Actor:
    """The person as an actor who came by browser."""
    return Actor(kind=ActorKind.PERSON, label=person.label, user_id=person.pk, address="192.0.2.17")


def _person(workspace: Workspace, username: str, given: str, family: str, role: Role) -> User:
    chinese = not given.isascii()
    # Chinese names are written family name first and without a space.
    names = {"first_name": family + given if chinese else given}
    return admit(username, role, workspace, last_name="" if chinese else family, **names)


def _may(person: tuple[str, str, str, Role]) -> bool:
    return person[3] in (Role.ADMIN, Role.SUBMITTER)


def _moments(chance: random.Random, now: datetime) -> Iterator[datetime]:
    """When imports are submitted: in working hours, and little at weekends."""
    moments = []
    for days_ago in reversed(range(DAYS)):
        day = (now - timedelta(days=days_ago)).date()
        busy = chance.randint(3, 9) if day.weekday() < 5 else chance.randint(0, 2)
        start = datetime.combine(day, time(1), UTC)
        moments += [start + timedelta(minutes=chance.randint(0, 560)) for _ in range(busy)]
    return iter(sorted(at for at in moments if at < now - timedelta(hours=1)))


def _submit(
    workspace: Workspace,
    person: User,
    chance: random.Random,
    number: int,
    fate: str,
    simulator: Simulator,
    minutes: float,
) -> ImportJob:
    name, path, base_model = chance.choice(MODELS)
    failing = fate in (MISSING, FETCH)
    simulator.life = Life(
        pending_seconds=20, running_seconds=minutes * 60, error_code=fate if failing else None
    )
    if fate == "denied":
        simulator.fault(
            "envelope",
            call="create",
            status=403,
            code="AccessDenied",
            message="Access denied: the bucket is not tagged bailian-datahub-access = read.",
        )
    fields = {
        "base_model": f"{base_model}-base" if fate == "unknown base model" else base_model,
        "display_name": f"{name} v{number // len(MODELS) + 1}",
        "bucket_name": chance.choice(BUCKETS),
        "object_key": f"{path}-r{chance.choice((8, 16, 32))}/run-{number + 100}/",
        "weight_type": "full" if chance.random() < 0.08 else "lora",
    }
    return submission.submit(workspace, fields, actor=actor_of(person)).job


def _correct(
    job: ImportJob, person: User, clock: time_machine.Traveller, simulator: Simulator
) -> None:
    """Somebody reads what was wrong, and submits it again, corrected."""
    clock.shift(timedelta(minutes=25))
    simulator.life = Life(pending_seconds=20, running_seconds=400)
    fields = {
        "base_model": job.base_model.removesuffix("-base"),
        "display_name": job.display_name,
        "bucket_name": job.bucket_name,
        "object_key": f"{job.object_key}fixed/",
        "weight_type": job.weight_type,
    }
    submission.submit(job.workspace, fields, actor=actor_of(person), resubmission_of=job)
    sending.send_next(WORKER)
    clock.shift(timedelta(minutes=9))
    duties.hasten(job.workspace, DutyKind.FOLLOW)
    following.follow_next(WORKER)
