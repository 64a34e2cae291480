"""`manage.py erase_person`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from jobs import actors
from jobs.choices import JobStatus
from jobs.models import AuditEvent, User, Workspace
from jobs.services import removal
from tests.audit.histories import make_history
from tests.making import make_job, make_person


@pytest.fixture
def zsofia(workspace: Workspace) -> User:
    """Somebody who acted."""
    person = make_person("zsofia", first_name="Zsófia", last_name="Kovács")
    make_history(workspace, person)
    return person


def erase(*arguments: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command("erase_person", *arguments, stdout=out)
    return out.getvalue()


def test_it_asks_for_the_name_once_more(zsofia: User, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["yes", "zsofia"])
    monkeypatch.setattr("builtins.input", lambda: next(answers))

    with pytest.raises(CommandError, match="Nothing was erased"):
        erase("zsofia")
    assert User.objects.filter(username="zsofia").exists()

    assert f"called erased-{zsofia.pk}" in erase("zsofia")


def test_it_names_the_events_in_which_people_typed_the_name(
    zsofia: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.FAILED)
    removal.request(job, reason="asked by Zsófia Kovács", actor=actors.command_line())
    last = AuditEvent.objects.latest("seq").seq

    assert f"Newest events: {last}\n" in erase("zsofia", "--yes")


@pytest.mark.django_db
def test_it_knows_whom_it_knows() -> None:
    with pytest.raises(CommandError, match="Nobody is called nobody"):
        erase("nobody", "--yes")
