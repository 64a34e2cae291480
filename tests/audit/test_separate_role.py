"""The role that docs/audit.md sets up can do the work and cannot change the history."""

import re

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from jobs.choices import Verb
from jobs.models import AuditCheckpoint, AuditPersonal, User, Workspace
from jobs.services import audit, leases
from tests.audit.histories import acting, make_history, run
from tests.house.reading import ROOT

REFUSED = [
    "UPDATE jobs_auditevent SET verb = 'job.gone'",
    "DELETE FROM jobs_auditevent",
    "TRUNCATE jobs_auditevent",
    "UPDATE jobs_auditpersonal SET value = 'Mallory'",
    "DELETE FROM jobs_audithead",
    "UPDATE jobs_auditcheckpoint SET hash = 'x'",
    "DELETE FROM jobs_auditcheckpoint",
    "ALTER TABLE jobs_auditevent DISABLE TRIGGER ALL",
    "DROP TRIGGER jobs_auditevent_no_change ON jobs_auditevent",
]


def statements() -> list[str]:
    """The statements of the page's block of SQL."""
    page = (ROOT / "docs/audit.md").read_text(encoding="utf-8")
    block = re.search(r"```sql\n(.*?)```", page, re.DOTALL)
    assert block
    return [line for line in block[1].splitlines() if line]


def test_the_page_takes_every_way_to_change_an_event_from_the_role() -> None:
    assert "REVOKE UPDATE, DELETE ON jobs_auditevent FROM desk_app;" in statements()
    assert not [line for line in statements() if "TRUNCATE" in line or "TRIGGER" in line]


def test_the_role_does_the_work_and_cannot_change_the_history(
    workspace: Workspace, alice: User
) -> None:
    make_history(workspace, alice)
    now = timezone.now()
    AuditCheckpoint.objects.create(
        seq=1, hash="1", at=now, text="1", signature="1", public_key="1", due_at=now
    )
    if connection.vendor == "postgresql":  # SQLite knows no roles
        run(*statements(), "SET LOCAL ROLE desk_app")
        for statement in REFUSED:
            with pytest.raises(ProgrammingError), transaction.atomic():
                run(statement)

    with audit.act(acting(alice)) as act:
        act.record(Verb.WORKSPACE_CHANGED, workspace)
    assert leases.claim(AuditCheckpoint.objects.all(), "worker 1")
    assert AuditPersonal.objects.filter(user_id=alice.pk).delete()[0] > 0
    make_history(workspace, alice)
