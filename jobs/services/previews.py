"""The request that a submission would lead to, shown before anything is stored or sent."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from jobs.dashscope import IMPORT_PATH
from jobs.models import Workspace
from jobs.services import content, upstream


@dataclass(frozen=True)
class Preview:
    """A create call as it would leave; `curl` names the key's variable instead of a key."""

    method: str
    path: str
    body: str
    curl: str


def preview(workspace: Workspace, fields: Mapping[str, str]) -> Preview:
    """What submitting these fields would send. Raises InvalidFields."""
    payload = content.check(fields).payload().decode()
    address = upstream.base_url(workspace).rstrip("/") + IMPORT_PATH
    curl = " \\\n  ".join(
        [
            f"curl -X POST {shlex.quote(address)}",
            '-H "Authorization: Bearer $DASHSCOPE_API_KEY"',
            "-H 'Content-Type: application/json'",
            f"--data-raw {shlex.quote(payload)}",
        ]
    )
    return Preview("POST", IMPORT_PATH, payload, curl)
