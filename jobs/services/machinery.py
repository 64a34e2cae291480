"""The machinery behind the pages: which workers are alive, and what they last did where."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.choices import DutyKind
from jobs.models import Duty, Workspace
from jobs.services import workers


@dataclass(frozen=True)
class Station:
    """A workspace with what a worker last did for it.

    `has_key` says whether a worker that is alive holds its key; None while none is alive.
    """

    workspace: Workspace
    has_key: bool | None
    followed: Duty | None
    discovered: Duty | None


@dataclass(frozen=True)
class Machinery:
    """The workspaces' stations, and how many workers were heard a moment ago."""

    stations: list[Station]
    workers_alive: int


def machinery(workspaces: Sequence[Workspace]) -> Machinery:
    """What the workers say of themselves, and have written down. Two queries."""
    alive = workers.alive()
    duties = Duty.objects.filter(workspace__in=workspaces)
    held = {(duty.workspace_id, duty.kind): duty for duty in duties}
    references = {reference for worker in alive for reference in worker.key_fingerprints}
    stations = [
        Station(
            workspace,
            workspace.key_reference in references if alive else None,
            held.get((workspace.pk, DutyKind.FOLLOW)),
            held.get((workspace.pk, DutyKind.DISCOVER)),
        )
        for workspace in workspaces
    ]
    return Machinery(stations, len(alive))
