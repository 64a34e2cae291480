"""A client of no account: it sends what it is told and gives back what came."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from typing import Any

from jobs.simulator import SIMULATOR_KEY

IMPORT_PATH = "/api/v1/custom_models/import"
TIMEOUT_SECONDS = 10
ORDER: dict[str, Any] = {
    "model_name": "qwen3-32b",
    "display_name": "Support answers v2",
    "source": "oss",
    "weight_type": "lora",
    "storage_info": {"bucket_name": "team-models", "object_key": "models/qwen3-32b-lora/"},
}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def output(self) -> Any:
        return self.json()["output"]

    @property
    def code(self) -> str:
        return str(self.json()["code"])


def ask(
    base_url: str,
    method: str,
    path: str = "",
    *,
    body: bytes | dict[str, Any] | None = None,
    key: str | None = SIMULATOR_KEY,
    headers: dict[str, str] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
    **query: object,
) -> Reply:
    """Send one request under the import path on a fresh connection."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    if key is not None:
        sent["Authorization"] = f"Bearer {key}"
    target = IMPORT_PATH + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
    address = urllib.parse.urlsplit(base_url).netloc
    with closing(http.client.HTTPConnection(address, timeout=timeout_seconds)) as connection:
        connection.request(
            method, target, json.dumps(body) if isinstance(body, dict) else body, sent
        )
        with closing(connection.getresponse()) as response:
            return Reply(response.status, response.headers, response.read())


def create(base_url: str, *, key: str = SIMULATOR_KEY, **changes: Any) -> Reply:
    """Send a create call: the usual order with these fields changed."""
    return ask(base_url, "POST", body={**ORDER, **changes}, key=key)


def create_at(base_url: str, object_key: str) -> Reply:
    """Send a create call for a path in the usual bucket."""
    return create(base_url, storage_info={"bucket_name": "team-models", "object_key": object_key})


def job_ids(reply: Reply) -> list[str]:
    """The job ids of a list answer, in its order."""
    return [row["job_id"] for row in reply.output["list"]]
