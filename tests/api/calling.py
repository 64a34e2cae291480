"""Calling the API as a script does: with a token and nothing else."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from django.test import Client

from jobs import actors
from jobs.choices import Scope
from jobs.dashscope import RemoteJob
from jobs.models import Token, User
from jobs.services import settlement, tokens

ADDRESS = "/api/v1"
FIELDS = {
    "base_model": "qwen3-32b",
    "display_name": "Support tone",
    "bucket_name": "acme-models",
    "object_key": "models/support-tone/",
    "weight_type": "lora",
}
_numbers = itertools.count(1)


class Script:
    """A person's token in use. Each method answers as Django's test client does."""

    def __init__(self, person: User, scopes: Sequence[str] = tuple(Scope.values)) -> None:
        name = f"script {next(_numbers)}"
        made = tokens.create(person, name=name, scopes=scopes, actor=actors.command_line())
        self.token: Token = made.token
        self.text = made.text
        self.client = Client(headers={"authorization": f"Bearer {made.text}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(ADDRESS + path, query)

    def post(self, path: str, body: Any = None, *, key: str = "") -> Any:
        headers = {"idempotency-key": key} if key else {}
        text = "" if body is None else json.dumps(body)
        return self.client.post(
            ADDRESS + path, text, content_type="application/json", headers=headers
        )

    def delete(self, path: str) -> Any:
        return self.client.delete(ADDRESS + path)

    def submit(self, *, key: str = "", **fields: Any) -> Any:
        """POST /jobs with FIELDS, where not told otherwise."""
        return self.post("/jobs", FIELDS | fields, key=key)


def candidate(job_id: str) -> dict[str, str]:
    """A row of DashScope's list as it is kept for a person to choose from."""
    row = RemoteJob(
        job_id=job_id,
        model_name="qwen3-32b-offline-1",
        display_name="Support tone",
        bucket_name="acme-models",
        object_key="models/support-tone/",
        status="PENDING",
        gmt_create="2026-01-31T08:00:00.000+00:00",
        source="OSS",
        created_at=None,
    )
    return settlement.candidate(row)
