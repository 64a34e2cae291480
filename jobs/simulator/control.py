"""The control plane: what tests in other processes ask of the simulator, over the same port.

`POST /__simulator__/<name>` with a JSON object calls the method of that name of World.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jobs.simulator import reading
from jobs.simulator.answers import Answer
from jobs.simulator.ledger import ReceivedRequest
from jobs.simulator.world import World

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

PREFIX = "/__simulator__/"


class ControlPlane:
    """Runs a named method with the JSON arguments of a request."""

    def __init__(self, world: World) -> None:
        self._methods: dict[str, Callable[..., Any]] = {
            "now": world.clock.now,
            "push": world.clock.push,
            "freeze": world.clock.freeze,
            "thaw": world.clock.thaw,
            "set_skew": world.clock.set_skew,
            "fault": lambda **options: world.fault(**options).number,
            "wait_for_fault": world.wait_for_fault,
            "release_fault": world.release_fault,
            "clear_faults": world.clear_faults,
            "requests": lambda **which: packed(world.requests(**which)),
            "calls": world.calls,
            "wait_for_requests": lambda **which: packed(world.wait_for_requests(**which)),
            "add_foreign_jobs": world.add_foreign_jobs,
            "set_status": world.set_status,
            "remove_job": world.remove_job,
            "jobs": lambda: [(asdict(job), status) for job, status in world.jobs()],
            "reset": world.reset,
        }

    def answer(self, environ: WSGIEnvironment, name: str) -> Answer:
        """200 with the result; 404 for an unknown name; 408 when a wait ends; 400 otherwise.

        The content type is asked for because no page of another site can send it unasked.
        """
        body = reading.body_of(environ)
        method = self._methods.get(name)
        if environ["REQUEST_METHOD"] != "POST" or method is None:
            return _json(404, f"The simulator has no control '{name}'.")
        if environ.get("CONTENT_TYPE") != "application/json":
            return _json(400, "Controls take application/json alone.")
        try:
            return _json(200, method(**json.loads(body or b"{}")))
        except TimeoutError as error:
            return _json(408, str(error))
        except (KeyError, TypeError, ValueError) as error:
            return _json(400, f"{type(error).__name__}: {error}")


def packed(requests: list[ReceivedRequest]) -> list[dict[str, Any]]:
    """Requests as JSON can carry them."""
    return [
        {**asdict(request), "body": base64.b64encode(request.body).decode()} for request in requests
    ]


def unpacked(rows: list[Mapping[str, Any]]) -> list[ReceivedRequest]:
    """The requests that `packed` was given."""
    return [
        ReceivedRequest(
            **{
                **row,
                "body": base64.b64decode(row["body"]),
                "headers": tuple((name, value) for name, value in row["headers"]),
            }
        )
        for row in rows
    ]


def _json(status: int, content: Any) -> Answer:
    body = json.dumps(content).encode()
    return Answer(status, (("Content-Type", "application/json"),), body)
