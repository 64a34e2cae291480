"""A desk with a team, thirty days of their past, and one import in every status."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from jobs.models import User, Workspace
from jobs.services import saved_views
from tests.running import Desk
from tests.screenshots import past, present

HANDED_ON = (
    "SECRET_KEY",
    "DASHSCOPE_READ_TIMEOUT_SECONDS",
    "LEASE_SECONDS",
    "SETTLE_PERIOD_SECONDS",
)


@contextmanager
def set_up(var_dir: Path) -> Iterator[Desk]:
    """The desk, with its records in a directory of their own, while the `with` block lasts."""
    port = urlsplit(settings.DASHSCOPE_BASE_URL).port or 0
    state_file = var_dir / "simulator.json"
    past.live_through(port, state_file)
    workspace = Workspace.objects.get()
    present.live_now(workspace, port, state_file)
    _save_views(workspace)
    environment = {name: os.environ[name] for name in HANDED_ON}
    with Desk(var_dir, FOLLOW_INTERVAL_SECONDS="2", **environment) as desk:
        desk.wait_for("Import Desk answers")
        held_back = present.hold_one_amid_sending(workspace, desk.simulator)
        try:
            yield desk
        finally:
            held_back.release()  # or the worker would not end


def _save_views(workspace: Workspace) -> None:
    lin_yue = past.actor_of(User.objects.get(username="lin.yue"))
    for name, query in (("失败的导入", "status=failed"), ("Omar's imports", "submitter=omar")):
        saved_views.save(workspace, name=name, query=query, actor=lin_yue)
