"""An import job and its life: PENDING, RUNNING, then SUCCESSED (the wire word) or FAILED.

Vendor page: custom-model-object-api.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PENDING = "PENDING"
RUNNING = "RUNNING"
SUCCESSED = "SUCCESSED"
FAILED = "FAILED"
ENDED = frozenset({SUCCESSED, FAILED})

MISSING_FILE = "AvailableModelFileNotFound"


@dataclass(frozen=True, kw_only=True)
class Life:
    """How long a job stays PENDING and then RUNNING, in seconds, and how it ends."""

    pending_seconds: float = 3.0
    running_seconds: float = 8.0
    error_code: str | None = None

    def faster(self, speed: float) -> Life:
        """The same life, `speed` times as fast.

        Raises ValueError unless `speed` is above zero.
        """
        if speed <= 0:
            raise ValueError("The speed must be above zero.")
        return Life(
            pending_seconds=self.pending_seconds / speed,
            running_seconds=self.running_seconds / speed,
            error_code=self.error_code,
        )


@dataclass(frozen=True, kw_only=True)
class Job:
    """One import job as it was accepted; its status follows from the time alone.

    `base_model`, `workspace` and `made_elsewhere` are what tests may know and answers never tell.
    """

    job_id: str
    workspace: str
    model_name: str
    base_model: str
    display_name: str
    weight_type: str
    bucket_name: str
    object_key: str
    created_at: float
    gmt_create: str
    runs_at: float
    ends_at: float
    error_code: str | None = None
    fixed_status: str | None = None
    made_elsewhere: bool = False

    def status_at(self, now: float) -> str:
        """The wire word at `now`, in seconds since 1970 by the simulator's clock."""
        if self.fixed_status is not None:
            return self.fixed_status
        if now < self.runs_at:
            return PENDING
        if now < self.ends_at:
            return RUNNING
        return FAILED if self.error_code else SUCCESSED

    def next_change_after(self, now: float) -> float | None:
        """When the status changes next, or None when it has come to rest."""
        if self.fixed_status is not None or now >= self.ends_at:
            return None
        return self.runs_at if now < self.runs_at else self.ends_at

    def described(self, status: str, *, with_weight_type: bool = False) -> dict[str, Any]:
        """The object of the answers, which tell the weight type on create alone."""
        weight_type = {"weight_type": self.weight_type} if with_weight_type else {}
        error_code = {"error_code": self.error_code or MISSING_FILE} if status == FAILED else {}
        return {
            "job_id": self.job_id,
            "model_name": self.model_name,
            "display_name": self.display_name,
            "source": "OSS",
            **weight_type,
            "storage_info": {"bucket_name": self.bucket_name, "object_key": self.object_key},
            "status": status,
            "gmt_create": self.gmt_create,
            **error_code,
        }
