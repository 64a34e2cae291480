"""What the addresses of rows.py are about, and the browsers that ask for them."""

from typing import Any

from django.test import Client

from jobs import actors
from jobs.actors import Actor
from jobs.choices import ActorKind, AttemptState, JobStatus, NoticeKind, Role
from jobs.models import Membership, User, Workspace
from jobs.services import invitations, notices, saved_views
from tests.api.calling import Script, candidate
from tests.audit.histories import admit
from tests.making import make_attempt, make_exchange, make_job, sign_in

Stage = dict[str, Any]


def set_up(workspace: Workspace, alice: User, bob: User) -> Stage:
    """Something for every address to be about; `own` and others are the submitter's."""
    own = make_job(workspace, by=bob)
    conflict = make_job(workspace, by=bob, status=JobStatus.UNCONFIRMED)
    candidates = [candidate("import-1"), candidate("import-2")]
    make_attempt(conflict, state=AttemptState.CONFLICT, candidates=candidates)
    invited = invitations.invite(
        workspace, role=Role.VIEWER, note="", days=7, actor=actors.command_line()
    )
    admin = Actor(kind=ActorKind.PERSON, label=alice.label, user_id=alice.pk)
    rule = notices.add(
        workspace,
        kind=NoticeKind.SLACK,
        target="https://hooks.slack.com/services/T0/B0/x",
        happenings=["failed"],
        language="en",
        actor=admin,
    ).rule
    other = admit("other", Role.SUBMITTER, workspace)
    return {
        "own": own.pk,
        "others": make_job(workspace, by=alice, display_name="Others").pk,
        "failed": make_job(workspace, by=bob, status=JobStatus.FAILED).pk,
        "conflict": conflict.pk,
        "exchange": make_exchange(own).pk,
        "membership": Membership.objects.get(user=other).pk,
        "invitation": invited.invitation.pk,
        "link": invited.text,
        "submitters_token": Script(bob).token.pk,
        "rule": rule.pk,
        "view": saved_views.save(workspace, name="Ours", query="status=failed", actor=admin).pk,
    }


def browser_of(person: User | None, **headers: str) -> Client:
    """A browser in which the person is signed in, or nobody; it sends the headers each time."""
    client = Client(headers=headers)
    if person:
        sign_in(client, person)
    return client


def filled(value: Any, stage: Stage) -> Any:
    """A field's value of a row with the words in braces put in."""
    return value.format(**stage) if isinstance(value, str) else value
