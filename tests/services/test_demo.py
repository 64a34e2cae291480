from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jobs.choices import Role
from jobs.errors import NotPermitted
from jobs.models import AuditEvent, User, Workspace
from jobs.services import demo
from tests.making import make_person


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


def test_nobody_of_the_demo_stays_signed_in_after_it(
    workspace: Workspace, settings: Any, client_of: Callable[[User], Client], alice: User
) -> None:
    settings.DEMO = True
    client = client_of(demo.account(Role.ADMIN))
    assert client.get("/jobs/").status_code == 200

    settings.DEMO = False
    demo.retire_accounts()

    assert client.get("/jobs/").status_code == 302
    assert User.objects.get(is_active=True) == alice


def test_the_people_of_the_demo_come_back_with_it(workspace: Workspace, settings: Any) -> None:
    settings.DEMO = True
    demo.ensure_accounts()
    demo.retire_accounts()

    assert demo.account(Role.VIEWER).is_active


def test_a_real_person_who_is_called_so_stays(workspace: Workspace) -> None:
    person = make_person(demo.username(Role.ADMIN), Role.ADMIN, workspace)

    demo.retire_accounts()

    person.refresh_from_db()
    assert person.is_active
