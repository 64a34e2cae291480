"""A client of the custom-model import API of DashScope (Model Studio). Needs no Django.

The client itself is in `client`: only who calls DashScope has to load `requests`.
"""

from jobs.dashscope.calls import Timeouts
from jobs.dashscope.errors import (
    DashScopeError,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    Throttled,
)
from jobs.dashscope.regions import BEIJING, REGIONS, SINGAPORE, Region, checked_base_url, region_of
from jobs.dashscope.schemas import (
    IMPORT_PATH,
    CreatedJob,
    Exchange,
    JobPage,
    Refusal,
    RemoteJob,
    RemoteJobAnswer,
    build_create_payload,
)

__all__ = [
    "BEIJING",
    "IMPORT_PATH",
    "REGIONS",
    "SINGAPORE",
    "CreatedJob",
    "DashScopeError",
    "Exchange",
    "JobPage",
    "NotSent",
    "OutcomeUnknown",
    "Reason",
    "Refusal",
    "Region",
    "Rejected",
    "RemoteJob",
    "RemoteJobAnswer",
    "Throttled",
    "Timeouts",
    "build_create_payload",
    "checked_base_url",
    "region_of",
]
