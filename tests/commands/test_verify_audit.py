"""`manage.py verify_audit`."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jobs.management.commands import verify_audit
from jobs.models import AuditEvent, User, Workspace
from jobs.services import checkpoints
from tests.audit.histories import make_history, run
from tests.audit.lifting import lifted

SIGNING_KEY = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"


@pytest.fixture(autouse=True)
def _history(workspace: Workspace, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make_history(workspace, alice)
    monkeypatch.setenv("AUDIT_SIGNING_KEY", SIGNING_KEY)


def verify(*arguments: str) -> tuple[int, str, str]:
    """The exit code and what was printed on both streams."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_it_says_what_it_verified() -> None:
    last = AuditEvent.objects.latest("seq")

    code, out, err = verify()

    assert (code, err) == (0, "")
    assert f"{last.seq} events, the last hash is {last.hash}" in out
    assert "No checkpoint left this machine" in out


def test_it_names_the_first_bad_record_and_ends_with_1() -> None:
    with lifted():
        run("UPDATE jobs_auditevent SET verb = 'job.gone' WHERE seq = 4")

    code, out, _err = verify()

    assert code == 1
    assert "First bad record: event 4" in out


def test_it_compares_with_checkpoints_in_a_log(tmp_path: Path) -> None:
    assert checkpoints.sign_next()
    line = checkpoints.line_of(checkpoints.AuditCheckpoint.objects.get())
    log = tmp_path / "worker.log"
    log.write_text(f"2026-11-24 INFO something else\n2026-11-24 INFO checkpoint {line}\n")
    with lifted():
        run(
            "DELETE FROM jobs_auditcheckpoint",
            "DELETE FROM jobs_auditevent WHERE seq > 5",
            "DELETE FROM jobs_auditpersonal WHERE event_seq > 5",
            "UPDATE jobs_audithead SET seq = 5, "
            "hash = (SELECT hash FROM jobs_auditevent WHERE seq = 5)",
        )

    assert verify()[0] == 0
    code, out, _err = verify("--checkpoints", str(log))

    assert code == 1
    assert "First bad record: event 6" in out


def test_it_uses_the_file_that_checkpoints_are_sent_to(tmp_path: Path, settings: object) -> None:
    checkpoints.sign_next()
    sent = checkpoints.line_of(checkpoints.AuditCheckpoint.objects.get())
    settings.AUDIT_CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")
    Path(settings.AUDIT_CHECKPOINT_FILE).write_text(f"{sent}\n")

    _code, out, _err = verify()

    assert "Checkpoints that agree: 2." in out


@pytest.mark.parametrize("content", ['{"public_key":"1"}', '{"public_key"', None])
def test_it_refuses_a_checkpoint_file_that_it_cannot_read(
    tmp_path: Path, content: str | None
) -> None:
    if content:
        (tmp_path / "file").write_text(content)

    with pytest.raises(CommandError, match="checkpoint file cannot be used"):
        call_command("verify_audit", "--checkpoints", tmp_path / "file")


def test_it_warns_of_tables_without_triggers_and_tells_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verify_audit, "PROGRESS_SECONDS", 0.0)

    with lifted():
        _code, _out, err = verify()

    assert "no trigger stands on jobs_auditevent" in err
    assert re.search(r"^\d+ of \d+ events$", err, re.MULTILINE)
