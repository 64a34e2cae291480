"""Whether a workspace's key works: asked on a page, answered by a worker with one list call."""

import logging
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from jobs import actors
from jobs.actors import Actor
from jobs.choices import Verb
from jobs.dashscope import DashScopeError, Exchange
from jobs.errors import LeaseLost
from jobs.models import KeyCheck, Workspace
from jobs.permissions import Ability, require
from jobs.services import audit, keys, leases, upstream

log = logging.getLogger(__name__)


def ask(workspace: Workspace, *, actor: Actor) -> None:
    """Leave the question for a worker; a second one waits for the first's answer.

    Raises NotPermitted.
    """
    require(actor, Ability.ADMINISTER, workspace)
    try:
        with audit.act(actor) as act:
            KeyCheck.objects.create(workspace=workspace, asked_at=timezone.now())
            act.record(Verb.KEY_CHECK_ASKED, workspace)
    except IntegrityError:
        log.info("the key of %s is being checked already", workspace.slug)


def latest(workspace: Workspace) -> KeyCheck | None:
    """The last question, answered or not."""
    return KeyCheck.objects.filter(workspace=workspace).order_by("-id").first()


def check_next(worker: str) -> bool:
    """Answer one question; False if there was none."""
    check = leases.claim(
        KeyCheck.objects.select_related("workspace").filter(answered_at=None).order_by("id"),
        worker,
    )
    if check is None:
        return False
    try:
        _answer(check, worker)
    except LeaseLost:
        log.warning("%s was answered by another worker", check)
    return True


def _answer(check: KeyCheck, worker: str) -> None:
    try:
        way = upstream.connect(check.workspace)
    except (keys.KeyMissing, ValueError) as unusable:
        code = getattr(unusable, "code", "key_unusable")
        _write(check, worker, works=False, code=code, message=str(unusable))
        return
    made_by = {"host": way.host, "key_fingerprint": way.key_fingerprint}
    with way.client:
        try:
            page = way.client.list(page_no=1, page_size=1)
        except DashScopeError as error:
            upstream.note_error(check.workspace, way, error)
            code, message = error.code or error.reason, error.message or str(error)
            heard = _heard(error.exchange)
            _write(check, worker, works=False, code=code, message=message, **made_by, **heard)
        else:
            upstream.note_answer(check.workspace, way, page.exchange)
            _write(check, worker, works=True, **made_by, **_heard(page.exchange))


def _heard(exchange: Exchange) -> dict[str, Any]:
    return {"request_id": exchange.request_id[:200], "duration_ms": exchange.duration_ms}


def _write(check: KeyCheck, worker: str, *, works: bool, code: str = "", **answer: Any) -> None:
    with audit.act(actors.worker(worker)) as act:
        leases.write_back(
            check,
            answered_at=timezone.now(),
            works=works,
            code=code[:200],
            **answer,
            **leases.RELEASED,
        )
        data = {
            "works": works,
            "code": code,
            "host": check.host,
            "key_setting": check.workspace.key_setting,
            "key_fingerprint": check.key_fingerprint,
            "request_id": check.request_id,
        }
        act.record(Verb.KEY_CHECKED, check.workspace, data=data)
