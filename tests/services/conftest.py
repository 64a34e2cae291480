"""What the services' tests share: a worker's name, submissions, and time that is pushed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from jobs import actors
from jobs.models import ImportJob, User, Workspace
from jobs.services import submission

WORKER = "worker-1"


def fields_for(name: str = "Support tone", **changes: str) -> dict[str, str]:
    """The fields of an import, as a person types them."""
    return {
        "base_model": "qwen3-32b",
        "display_name": name,
        "bucket_name": "acme-models",
        "object_key": f"models/{name.lower().replace(' ', '-')}/",
        "weight_type": "lora",
    } | changes


@pytest.fixture
def submit(workspace: Workspace, bob: User) -> Callable[..., ImportJob]:
    """Submit as Bob: `submit("Name", object_key="…")`."""

    def submit(name: str = "Support tone", **changes: Any) -> ImportJob:
        options = {
            key: changes.pop(key)
            for key in ("allow_duplicate", "reason", "submission_key", "resubmission_of")
            if key in changes
        }
        actor = actors.Actor(kind="person", label=bob.label, user_id=bob.pk)
        fields = fields_for(name, **changes)
        return submission.submit(workspace, fields, actor=actor, **options).job

    return submit


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """This process's clock, at the real time and standing still until shifted."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller
