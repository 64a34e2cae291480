"""Notice rules, and finding in the history what they ask for.

The history is the source: whatever changes a job writes an event, and each event is looked at
once, in order. So no service has to know of notices, and a worker that was down misses none.
"""

import base64
import json
import secrets
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.actors import Actor
from jobs.choices import (
    STATUS_OF_REMOTE_WORD,
    TYING_VERBS,
    ActorKind,
    Happening,
    JobStatus,
    NoticeKind,
    Verb,
)
from jobs.errors import InvalidFields, NotPermitted
from jobs.models import (
    AuditEvent,
    ImportJob,
    Membership,
    Notice,
    NoticeMark,
    NoticeRule,
    User,
    Workspace,
)
from jobs.permissions import Ability, require
from jobs.services import audit, chain, outbound, sealing
from jobs.services.notice_formats import HOSTS, WEBHOOK_PREFIX

EVENTS_A_LOOK = 200
CHOOSABLE = [happening for happening in Happening.values if happening != Happening.TEST]
BY_VERB = {
    Verb.ATTEMPT_REJECTED: Happening.REJECTED,
    Verb.JOB_GAVE_UP: Happening.REJECTED,
    Verb.ATTEMPT_UNKNOWN: Happening.UNKNOWN,
    Verb.ATTEMPT_CONFLICT: Happening.UNKNOWN,
    Verb.ATTEMPT_ADOPTED: Happening.SETTLED,
    Verb.ATTEMPT_PICKED: Happening.SETTLED,
    Verb.ATTEMPT_ABSENT: Happening.SETTLED,
    Verb.ATTEMPT_DISMISSED: Happening.SETTLED,
}


@dataclass(frozen=True)
class NewRule:
    """A rule at the one moment at which a webhook's secret is known."""

    rule: NoticeRule
    secret: str


def add(
    owner: User | Workspace,
    *,
    kind: NoticeKind,
    target: str,
    secret: str = "",
    happenings: Collection[str],
    only_own: bool = False,
    language: str,
    actor: Actor,
) -> NewRule:
    """Set up notices for a person, or for a workspace.

    A webhook without a secret gets one. Raises NotPermitted unless the person themselves or
    an admin of the workspace asks, and InvalidFields.
    """
    _require_owner(owner, actor)
    target, secret = target.strip(), secret.strip()
    if kind == NoticeKind.WEBHOOK and not secret:
        secret = WEBHOOK_PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()
    shown = _check(kind, target, secret, happenings)
    with audit.act(actor) as act:
        rule = NoticeRule.objects.create(
            user=owner if isinstance(owner, User) else None,
            workspace=owner if isinstance(owner, Workspace) else None,
            kind=kind,
            target=sealing.seal(target),
            secret=sealing.seal(secret),
            shown=shown,
            happenings=[happening for happening in CHOOSABLE if happening in happenings],
            only_own=only_own,
            language=language,
            created_at=timezone.now(),
        )
        act.record(
            Verb.NOTICE_RULE_ADDED,
            rule.workspace,
            data={"rule": rule.pk, "kind": kind, "happenings": rule.happenings},
            personal={"target": (shown, rule.user_id)},
        )
    return NewRule(rule, secret if kind == NoticeKind.WEBHOOK else "")


def remove(rule: NoticeRule, *, actor: Actor) -> None:
    """End the rule and forget its target; what it sent stays in the log. Raises NotPermitted."""
    _require_owner(rule.user or rule.workspace, actor)
    with audit.act(actor) as act:
        live = NoticeRule.objects.filter(pk=rule.pk, removed_at=None)
        if live.update(removed_at=timezone.now(), target="", secret=""):
            data = {"rule": rule.pk, "kind": rule.kind}
            act.record(Verb.NOTICE_RULE_REMOVED, rule.workspace, data=data)


def test(rule: NoticeRule, *, actor: Actor) -> None:
    """Have the worker send a message that says that it works. Raises NotPermitted."""
    _require_owner(rule.user or rule.workspace, actor)
    now = timezone.now()
    with transaction.atomic(durable=True):
        Notice.objects.create(rule=rule, happening=Happening.TEST, created_at=now, due_at=now)


def find_next(_worker: str) -> bool:
    """Look through the next events; False if there were none."""
    seen = NoticeMark.objects.filter(pk=1).values_list("seq", flat=True).first()
    head = chain.head().seq
    if seen is not None and seen >= head:
        return False
    with transaction.atomic(durable=True):
        # The first look begins with now: nobody wants to hear of years at once.
        NoticeMark.objects.bulk_create([NoticeMark(pk=1, seq=head)], ignore_conflicts=True)
        mark = NoticeMark.objects.select_for_update().get(pk=1)
        events = list(AuditEvent.objects.filter(seq__gt=mark.seq).order_by("seq")[:EVENTS_A_LOOK])
        if not events:
            return False
        # Two workers may have read the same events: one message of an event for each rule.
        Notice.objects.bulk_create(_notices_of(events), ignore_conflicts=True)
        mark.seq = events[-1].seq
        mark.save()
    return True


def happenings_of(event: AuditEvent, job: ImportJob) -> list[Happening]:
    """What the event means to people who wait for the job, the end of an import first."""
    data: dict[str, Any] = json.loads(event.canonical)["data"]
    status = None
    if event.verb == Verb.JOB_STATUS_CHANGED:
        status = data.get("new")
    elif event.verb in TYING_VERBS:
        status = STATUS_OF_REMOTE_WORD.get(data.get("status", ""))
    found = []
    if status == JobStatus.SUCCEEDED:
        found.append(Happening.FIXED if job.resubmission_of_id else Happening.FINISHED)
    elif status == JobStatus.FAILED:
        found.append(Happening.FAILED)
    if event.verb in BY_VERB:
        found.append(BY_VERB[Verb(event.verb)])
    return found


def _notices_of(events: list[AuditEvent]) -> list[Notice]:
    rules = list(NoticeRule.objects.filter(removed_at=None))
    if not rules:
        return []
    jobs = ImportJob.objects.in_bulk([event.job_id for event in events if event.job_id])
    members: defaultdict[int, set[int]] = defaultdict(set)
    people = Membership.objects.filter(user__is_active=True)
    for workspace_id, user_id in people.values_list("workspace_id", "user_id"):
        members[workspace_id].add(user_id)
    now = timezone.now()
    notices = []
    for event in events:
        job = jobs.get(event.job_id or 0)
        if job is None or not (happenings := happenings_of(event, job)):
            continue
        for rule in rules:
            asked_for = [happening for happening in happenings if _asks_for(rule, happening)]
            if asked_for and concerns(rule, job, members[job.workspace_id]):
                notices.append(
                    Notice(
                        rule=rule,
                        job=job,
                        happening=asked_for[0],
                        event_seq=event.seq,
                        created_at=now,
                        due_at=now,
                    )
                )
    return notices


def _asks_for(rule: NoticeRule, happening: Happening) -> bool:
    """Whoever wants to hear of every success wants to hear of a corrected one."""
    wanted = {happening.value}
    if happening == Happening.FIXED:
        wanted.add(Happening.FINISHED.value)
    return not wanted.isdisjoint(rule.happenings)


def concerns(rule: NoticeRule, job: ImportJob, members: Collection[int]) -> bool:
    """Whether the job is of the rule's workspace, or one that its person may see."""
    if rule.workspace_id:
        return rule.workspace_id == job.workspace_id
    own = job.submitted_by_id == rule.user_id
    return rule.user_id in members and (own or not rule.only_own)


def _check(kind: NoticeKind, target: str, secret: str, happenings: Collection[str]) -> str:
    """What of the target may be shown. Raises InvalidFields."""
    problems: dict[str, list[str]] = {}
    shown = ""
    try:
        shown = _email(target) if kind == NoticeKind.EMAIL else _host(kind, target)
    except (ValidationError, outbound.ForbiddenAddressError):
        problems["target"] = [_("This is not an address of this kind that may be called.")]
    if kind == NoticeKind.WEBHOOK and not _is_webhook_secret(secret):
        problems["secret"] = [_("A webhook's secret is whsec_ and 24 or more bytes as Base64.")]
    if not happenings or not set(happenings) <= set(CHOOSABLE):
        problems["happenings"] = [_("Choose what to hear of.")]
    if problems:
        raise InvalidFields(problems)
    return shown


def _email(target: str) -> str:
    validate_email(target)
    return target


def _host(kind: NoticeKind, target: str) -> str:
    host = outbound.check(target)
    private = host in outbound.private_hosts()
    if kind in HOSTS and host not in HOSTS[kind] and not private:
        raise outbound.ForbiddenAddressError("the service has another host")
    return host


def _is_webhook_secret(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix(WEBHOOK_PREFIX), validate=True)
    except ValueError:
        return False
    return secret.startswith(WEBHOOK_PREFIX) and len(key) >= 24


def _require_owner(owner: User | Workspace | None, actor: Actor) -> None:
    if isinstance(owner, Workspace):
        require(actor, Ability.ADMINISTER, owner)
    elif owner is None or actor.kind != ActorKind.PERSON or actor.user_id != owner.pk:
        raise NotPermitted("notices")
