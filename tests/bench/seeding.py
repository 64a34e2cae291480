"""A history to measure on: jobs with their attempts and their chained events, as a team would
have left them over two years. Written past the services, because a million would take hours."""

import hashlib
import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from jobs.choices import (
    AttemptState,
    JobStatus,
    Origin,
    Role,
)
from jobs.models import (
    Attempt,
    AuditEvent,
    AuditHead,
    AuditPersonal,
    Exchange,
    ImportJob,
    Membership,
    User,
    Workspace,
)
from jobs.services import chain, text_index, workspaces
from tests.audit.lifting import lifted
from tests.bench.seeding_history import chained

BATCH = 10_000
SPAN = timedelta(days=730)
OPEN_JOBS = 60  # however long the history, a team has only so many under way
SECOND_WORKSPACE_EVERY = 20
DISCOVERED_EVERY = 10
# fmt: off
NAMES = [
    "王伟",
    "李娜",
    "张敏",
    "刘洋",
    "陈静",
    "杨磊",
    "赵婷",
    "黄强",
    "周杰",
    "吴霞",
    "徐明",
    "孙丽",
    "马超",
    "朱琳",
    "胡军",
    "郭芳",
    "何勇",
    "高燕",
    "林涛",
    "罗丹",
    "郑浩",
    "梁雪",
    "谢鹏",
    "宋佳",
    "唐亮",
    "许诺",
    "韩冰",
    "冯琪",
    "邓辉",
    "曹颖",
    "Ada",
    "Grace",
    "Linus",
    "Barbara",
    "Edsger",
    "Frances",
]
SUBJECTS = [
    "客服",
    "意图",
    "识别",
    "情感",
    "合同",
    "审核",
    "翻译",
    "问答",
    "摘要",
    "风控",
    "营销",
    "文案",
    "法务",
    "票据",
    "代码",
    "医疗",
    "导诊",
]
BASE_MODELS = ("qwen3-32b", "qwen3-14b", "qwen3-8b", "qwen2.5-72b-instruct", "qwen3-vl-8b-instruct")
BUCKETS = ("acme-models-beijing", "acme-finetune", "team-nlp-weights", "acme-archive")
STATUSES = (
    (JobStatus.SUCCEEDED, 80),
    (JobStatus.FAILED, 13),
    (JobStatus.REJECTED, 5),
    (JobStatus.NOT_CREATED, 2),
)
REMOTE_WORDS = {
    JobStatus.PENDING: "PENDING",
    JobStatus.RUNNING: "RUNNING",
    JobStatus.SUCCEEDED: "SUCCESSED",
    JobStatus.FAILED: "FAILED",
}
ERRORS = ("OSS获取文件失败，请检查OSS内文件", "AvailableModelFileNotFound", "ModelConfigInvalid")
PASSWORD_OF_NOBODY = "!"


@dataclass(frozen=True)
class Seeded:
    """Who is there to look at it: `person` is a member of the first workspace alone, `both` of
    both; and how much there is."""

    person: User
    both: User
    jobs: int
    events: int


def seed(jobs: int) -> Seeded:
    """Write this many jobs into an empty, migrated database."""
    chance = random.Random(20261124)
    first = workspaces.ensure_first()
    second = Workspace.objects.create(slug="research", name="研究院")
    people = User.objects.bulk_create(
        User(username=f"person{number}", first_name=name, password=PASSWORD_OF_NOBODY)
        for number, name in enumerate(NAMES)
    )
    Membership.objects.bulk_create(
        Membership(user=person, workspace=where, role=Role.ADMIN)
        for number, person in enumerate(people)
        for where in ([first, second] if number == 1 else [first])
    )
    with lifted(), transaction.atomic():
        text_index.drop()
        made = _jobs(jobs, chance, first, second, people)
        before = chain.head()
        events, head, values = before.seq, before.hash, AuditPersonal.objects.count()
        while batch := list(itertools.islice(made, BATCH)):
            _insert(ImportJob, batch)
            _insert(Attempt, [_attempt(job) for job in batch if job["origin"] == Origin.DESK])
            history, head = chained(batch, events, head)
            _insert(AuditEvent, history.events)
            for number, row in enumerate(history.personal, values + 1):
                row["id"] = number
            _insert(AuditPersonal, history.personal)
            _insert(Exchange, history.exchanges)
            events += len(history.events)
            values += len(history.personal)
        AuditHead.objects.update_or_create(pk=1, defaults={"seq": events, "hash": head})
        _move_sequences()
    text_index.ensure()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Seeded(people[0], people[1], jobs, events)


def _jobs(
    count: int, chance: random.Random, first: Workspace, second: Workspace, people: list[User]
) -> Iterator[dict[str, Any]]:
    now = timezone.now()
    words = [status for status, weight in STATUSES for _ in range(weight)]
    # A few people submit most jobs.
    submitters = [people[min(int(chance.expovariate(0.25)), len(people) - 1)] for _ in range(997)]
    for number in range(1, count + 1):
        created = now - SPAN * ((count - number) / count) - timedelta(seconds=30)
        is_open = number > count - OPEN_JOBS
        status = chance.choice((JobStatus.RUNNING, JobStatus.PENDING) if is_open else words)
        discovered = number % DISCOVERED_EVERY == 0 and status in REMOTE_WORDS
        person = submitters[number % len(submitters)]
        base = BASE_MODELS[chance.randrange(25) // 6 % len(BASE_MODELS)]
        subject = "".join(chance.choices(SUBJECTS, k=2))
        remote = status in REMOTE_WORDS
        failed = status in (JobStatus.FAILED, JobStatus.REJECTED)
        error = chance.choice(ERRORS) if failed else ""
        ended = None if is_open else created + timedelta(seconds=chance.randrange(60, 5400))
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        yield _DEFAULTS | {
            "id": number,
            "workspace_id": second.pk if number % SECOND_WORKSPACE_EVERY == 0 else first.pk,
            "origin": Origin.DISCOVERED if discovered else Origin.DESK,
            "status": status,
            "base_model": base,
            "base_model_inferred": discovered,
            "display_name": f"{subject}-v{number % 40}",
            "weight_type": "" if discovered else "lora",
            "bucket_name": chance.choice(BUCKETS),
            "object_key": f"models/team-{number % 37}/{digest[:10]}/",
            "submitted_by_id": None if discovered else person.pk,
            "submitted_by_label": "" if discovered else person.first_name,
            "submission_key": "" if discovered else f"form:{digest[:32]}",
            "content_digest": digest,
            "guard_key": "" if discovered or failed else digest,
            "remote_job_id": f"import-{digest[10:26]}" if remote else "",
            "generated_model_name": f"{base}-offline-{created:%Y%m%d}-{digest[:4]}"
            if remote
            else "",
            "remote_status": REMOTE_WORDS.get(status, ""),
            "gmt_create": created.strftime("%Y-%m-%dT%H:%M:%S.000+00:00") if remote else "",
            "remote_created_at": created if remote else None,
            "error_call": ("import" if remote else "create") if failed else "",
            "error_code": error,
            "error_message": error,
            "created_at": created,
            "updated_at": ended or created,
            "finished_at": ended,
        }


_DEFAULTS: dict[str, Any] = {
    field.attname: None if field.null else "" for field in ImportJob._meta.concrete_fields
}


def _attempt(job: dict[str, Any]) -> dict[str, Any]:
    state = AttemptState.CONFIRMED if job["remote_job_id"] else AttemptState.REJECTED
    if job["status"] == JobStatus.NOT_CREATED:
        state = AttemptState.NOT_SENT
    payload = json.dumps({"model_name": job["base_model"], "display_name": job["display_name"]})
    created = job["created_at"]
    return {
        "id": job["id"],
        "lease_owner": "",
        "lease_number": 1,
        "lease_until": None,
        "job_id": job["id"],
        "number": 1,
        "state": state,
        "payload": payload,
        "payload_digest": hashlib.sha256(payload.encode()).hexdigest(),
        "send_after": created,
        "expires_at": created + timedelta(days=1),
        "host": "dashscope.aliyuncs.com",
        "key_fingerprint": "3f9ac1d2b4e5",
        "created_at": created,
        "sent_at": created + timedelta(seconds=1),
        "ended_at": created + timedelta(seconds=2),
        "reason": "",
        "code": "",
        "message": "",
        "request_id": job["content_digest"][:32],
        "remote_job_id": job["remote_job_id"] if state == AttemptState.CONFIRMED else "",
        "confirmed_by": "answer" if state == AttemptState.CONFIRMED else "",
        "settle_until": None,
        "clean_walks": 0,
        "candidates": [],
    }


def _insert(model: type[models.Model], rows: list[dict[str, Any]]) -> None:
    """Write rows as fast as the database takes them; their columns are named by attname."""
    fields = model._meta.concrete_fields
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    names = [field.attname for field in fields]
    stored = _STORED[connection.vendor]
    prepared = [
        [stored[type(value)](value) if type(value) in stored else value for value in values]
        for row in rows
        if (values := [row[name] for name in names])
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for values in prepared:
                    copy.write_row(values)
        else:
            marks = ", ".join(["?"] * len(fields))
            cursor.connection.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})", prepared
            )


# How a value is stored where Django would not store it as it is.
_STORED: dict[str, dict[type, Any]] = {
    "sqlite": {
        list: json.dumps,
        dict: json.dumps,
        datetime: lambda at: at.replace(tzinfo=None).isoformat(" "),
    },
    "postgresql": {list: json.dumps, dict: json.dumps},
}


def _move_sequences() -> None:
    """The rows were numbered here; the next one is numbered by the database."""
    numbered = [ImportJob, Attempt, Exchange, AuditPersonal]
    statements = connection.ops.sequence_reset_sql(no_style(), numbered)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
