from typing import Any

import pytest

from jobs.choices import Role
from jobs.errors import NotPermitted
from jobs.models import AuditEvent, User, Workspace
from jobs.services import demo


def test_outside_the_demo_nobody_is_made(workspace: Workspace) -> None:
    with pytest.raises(NotPermitted):
        demo.ensure_accounts()

    assert not User.objects.exists()


def test_there_is_one_person_for_each_role(workspace: Workspace, settings: Any) -> None:
    settings.DEMO = True

    demo.ensure_accounts()

    roles = workspace.memberships.values_list("user__username", "role")
    assert dict(roles) == {f"demo-{role}": role for role in Role.values}


def test_a_second_call_changes_and_records_nothing(workspace: Workspace, settings: Any) -> None:
    settings.DEMO = True
    demo.ensure_accounts()
    events = AuditEvent.objects.count()

    demo.ensure_accounts()

    assert AuditEvent.objects.count() == events
    assert User.objects.count() == len(Role)


def test_an_account_is_made_when_it_is_asked_for(workspace: Workspace, settings: Any) -> None:
    settings.DEMO = True

    person = demo.account(Role.AUDITOR)

    assert person.label == "Demo auditor"
    assert not person.has_usable_password()
