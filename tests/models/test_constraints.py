"""Every rule that the database holds is broken here once, past every service."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError
from django.db.models import BaseConstraint, CheckConstraint, UniqueConstraint
from django.utils import timezone

from jobs.choices import AttemptState, DeletionState, DutyKind, JobStatus, Role
from jobs.models import (
    Attempt,
    AuditHead,
    AuditPersonal,
    Deletion,
    Duty,
    Invitation,
    KeyCheck,
    Membership,
    Notice,
    NoticeMark,
    NoticeRule,
    SavedView,
    Token,
    User,
    Workspace,
)
from tests.making import make_attempt, make_exchange, make_job, make_person

CONSTRAINTS: dict[str, tuple[str, BaseConstraint]] = {
    constraint.name: (model._meta.model_name or "", constraint)
    for model in apps.get_app_config("jobs").get_models()
    for constraint in model._meta.constraints
}


def _delete(job: Any, **fields: Any) -> Deletion:
    now = timezone.now()
    return Deletion.objects.create(job=job, created_at=now, due_at=now, **fields)


def _confirm(workspace: Workspace, **fields: Any) -> Attempt:
    job = make_job(workspace)
    return make_attempt(job, **{"state": AttemptState.CONFIRMED} | fields)


def _rule(workspace: Workspace, **fields: Any) -> NoticeRule:
    fields = {"kind": "slack", "target": "sealed", "created_at": timezone.now()} | fields
    return NoticeRule.objects.create(workspace=workspace, **fields)


def _notices(workspace: Workspace, *events: int, **fields: Any) -> None:
    now = timezone.now()
    fields = {"happening": "failed", "created_at": now, "due_at": now} | fields
    rule = _rule(workspace)
    for seq in events:
        Notice.objects.create(rule=rule, event_seq=seq, **fields)


def _two_attempts(workspace: Workspace, state: AttemptState, **fields: Any) -> None:
    job = make_job(workspace)
    make_attempt(job, state=state)
    make_attempt(job, state=state, **fields)


def _two_jobs(workspace: Workspace, **fields: Any) -> None:
    make_job(workspace, **fields)
    make_job(workspace, **fields)


def _two_tokens(person: User) -> None:
    for digest in ("a" * 64, "b" * 64):
        Token.objects.create(
            user=person, name="CI", prefix="idesk_ab", digest=digest, created_at=timezone.now()
        )


def _exchange_that_ends_first(workspace: Workspace) -> None:
    now = timezone.now()
    make_exchange(make_job(workspace), started_at=now, finished_at=now - timedelta(seconds=1))


def _second_open_deletion(workspace: Workspace) -> None:
    job = make_job(workspace)
    _delete(job, state=DeletionState.UNKNOWN)
    _delete(job)


def _two_personal_values(_workspace: Workspace) -> None:
    for value in ("Grace", "Eve"):
        AuditPersonal.objects.create(event_seq=1, field="actor", salt="0" * 32, value=value)


def _invite(workspace: Workspace, **fields: Any) -> Invitation:
    now = timezone.now()
    fields = {"role": Role.VIEWER, "digest": "c" * 64} | fields
    return Invitation.objects.create(
        workspace=workspace, created_at=now, expires_at=now + timedelta(days=7), **fields
    )


def _check_key(workspace: Workspace, **fields: Any) -> KeyCheck:
    return KeyCheck.objects.create(workspace=workspace, asked_at=timezone.now(), **fields)


def _two_open_key_checks(workspace: Workspace) -> None:
    _check_key(workspace)
    _check_key(workspace)


def _save_view(workspace: Workspace, name: str) -> SavedView:
    return SavedView.objects.create(workspace=workspace, name=name, created_at=timezone.now())


def _two_views(workspace: Workspace) -> None:
    _save_view(workspace, "Mine")
    _save_view(workspace, "Mine")


BREAKS: dict[str, Callable[[Workspace], object]] = {
    "jobs_workspace_known_region": lambda workspace: Workspace.objects.create(
        slug="mars", name="Mars", region="mars"
    ),
    "jobs_duty_one_of_a_kind": lambda workspace: Duty.objects.create(
        workspace=workspace, kind=DutyKind.FOLLOW, due_at=timezone.now()
    ),
    "jobs_membership_one_role_a_workspace": lambda workspace: Membership.objects.create(
        workspace=workspace, user=make_person("eve", Role.VIEWER, workspace), role=Role.ADMIN
    ),
    "jobs_membership_known_role": lambda workspace: Membership.objects.create(
        workspace=workspace, user=make_person("eve"), role="owner"
    ),
    "jobs_importjob_one_record_a_remote_job": lambda workspace: _two_jobs(
        workspace, remote_job_id="import-1"
    ),
    "jobs_importjob_one_job_a_submission": lambda workspace: _two_jobs(
        workspace, submission_key="the same form"
    ),
    "jobs_importjob_one_guard_a_content": lambda workspace: _two_jobs(
        workspace, guard_key="the same weights"
    ),
    "jobs_importjob_known_status": lambda workspace: make_job(workspace, status="cancelled"),
    "jobs_importjob_known_weight_type": lambda workspace: make_job(workspace, weight_type="qlora"),
    "jobs_importjob_submitted_has_weight_type": lambda workspace: make_job(
        workspace, weight_type=""
    ),
    "jobs_importjob_remote_status_has_remote_job": lambda workspace: make_job(
        workspace, status=JobStatus.RUNNING, remote_job_id=""
    ),
    "jobs_attempt_numbered_once": lambda workspace: _two_attempts(
        workspace, AttemptState.REJECTED, number=1
    ),
    "jobs_attempt_one_open_a_job": lambda workspace: _two_attempts(workspace, AttemptState.UNKNOWN),
    "jobs_attempt_one_confirmed_a_job": lambda workspace: _two_attempts(
        workspace, AttemptState.CONFIRMED
    ),
    "jobs_attempt_confirmed_has_remote_job": lambda workspace: _confirm(
        workspace, remote_job_id=""
    ),
    "jobs_attempt_known_state": lambda workspace: make_attempt(make_job(workspace), state="lost"),
    "jobs_attempt_outcome_was_sent": lambda workspace: _confirm(workspace, sent_at=None),
    "jobs_exchange_known_call": lambda workspace: make_exchange(make_job(workspace), call="patch"),
    "jobs_exchange_known_outcome": lambda workspace: make_exchange(
        make_job(workspace), outcome="maybe"
    ),
    "jobs_exchange_ends_after_it_starts": _exchange_that_ends_first,
    "jobs_deletion_one_open_a_job": _second_open_deletion,
    "jobs_deletion_known_state": lambda workspace: _delete(make_job(workspace), state="forgotten"),
    "jobs_auditpersonal_one_value_a_field": _two_personal_values,
    "jobs_audithead_only_one": lambda workspace: AuditHead.objects.create(
        pk=2, seq=0, hash="0" * 64
    ),
    "jobs_token_one_of_a_name_a_person": lambda workspace: _two_tokens(make_person("eve")),
    "jobs_invitation_known_role": lambda workspace: _invite(workspace, role="owner"),
    "jobs_invitation_ends_one_way": lambda workspace: _invite(
        workspace, accepted_at=timezone.now(), revoked_at=timezone.now()
    ),
    "jobs_noticerule_known_kind": lambda workspace: _rule(workspace, kind="pigeon"),
    "jobs_noticerule_one_owner": lambda workspace: _rule(workspace, user=make_person("eve")),
    "jobs_noticerule_removed_keeps_no_secret": lambda workspace: _rule(
        workspace, removed_at=timezone.now()
    ),
    "jobs_notice_one_of_an_event_a_rule": lambda workspace: _notices(workspace, 1, 1),
    "jobs_notice_known_state": lambda workspace: _notices(workspace, 1, state="lost"),
    "jobs_notice_known_happening": lambda workspace: _notices(workspace, 1, happening="rain"),
    "jobs_noticemark_only_one": lambda _workspace: NoticeMark.objects.create(pk=2, seq=0),
    "jobs_savedview_one_of_a_name": _two_views,
    "jobs_savedview_has_a_name": lambda workspace: _save_view(workspace, ""),
    "jobs_keycheck_one_open_a_workspace": _two_open_key_checks,
    "jobs_keycheck_answered_says_whether": lambda workspace: _check_key(
        workspace, answered_at=timezone.now()
    ),
}
# On SQLite a trigger of the history speaks before these constraints do.
TRIGGERS_WORDS = {
    "jobs_auditpersonal_one_value_a_field": "a personal value is erased or stays as it is",
    "jobs_audithead_only_one": "the head of the history only moves forward",
}


def test_every_constraint_is_broken_here() -> None:
    assert set(BREAKS) == set(CONSTRAINTS)


@pytest.mark.parametrize("name", sorted(CONSTRAINTS))
def test_it_is_named_for_its_model_and_rule(name: str) -> None:
    model_name, _constraint = CONSTRAINTS[name]

    assert name.startswith(f"jobs_{model_name}_")
    assert name != f"jobs_{model_name}_"


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_the_database_holds_it(name: str, workspace: Workspace) -> None:
    with pytest.raises(IntegrityError) as refusal:
        BREAKS[name](workspace)

    assert _is_named(name, str(refusal.value))


def _is_named(name: str, message: str) -> bool:
    """Whether the message is about this constraint: SQLite names a unique one by its columns."""
    _model_name, constraint = CONSTRAINTS[name]
    if isinstance(constraint, UniqueConstraint) and message.startswith("UNIQUE"):
        return all(f".{field}" in message for field in constraint.fields)
    assert isinstance(constraint, CheckConstraint | UniqueConstraint)
    return name in message or message == TRIGGERS_WORDS.get(name)
