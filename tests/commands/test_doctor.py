"""`manage.py doctor`: what it finds, what it says to do, and how it ends."""

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from jobs import actors
from jobs.choices import Verb
from jobs.models import WorkerHeartbeat, Workspace
from jobs.services import audit, diagnosis, keys, text_index
from jobs.services.diagnosis import State
from jobs.simulator import SIMULATOR_KEY, Simulator
from tests.audit.lifting import lifted


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> Path:
    """An installation with its files as `make run` leaves them, whose pages can be served."""
    settings.VAR_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "staticfiles.json").write_text("{}")
    (tmp_path / "secret_key").write_text("secret")
    tmp_path.chmod(0o700)
    return tmp_path


def heard(seconds_ago: int = 0) -> None:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    said = {"": keys.fingerprint(SIMULATOR_KEY)}
    WorkerHeartbeat.objects.create(name="w1", started_at=at, seen_at=at, key_fingerprints=said)


def doctor(*options: str) -> tuple[str, str]:
    """What it prints, and how it ends: "" when all is well."""
    told = StringIO()
    try:
        call_command("doctor", *options, stdout=told)
    except CommandError as failed:
        return told.getvalue(), str(failed)
    return told.getvalue(), ""


def test_nothing_is_wrong_with_an_installation_at_work(workspace: Workspace) -> None:
    heard()

    told, failed = doctor()

    # The tests' own PostgreSQL forces nothing to the disk, and it says so.
    not_durable = connection.vendor == "postgresql"
    assert bool(failed) == not_durable, told
    assert "ok      worker: 1 at work." in told
    assert "ok      key: A worker holds the key of main." in told
    assert "ok      history: The database refuses to change it." in told
    assert "ok      search: Words are looked up in an index." in told
    assert ("FAILED  durability: PostgreSQL's fsync is off" in told) == not_durable


def test_it_says_that_no_worker_runs_and_nobody_has_a_key(workspace: Workspace) -> None:
    heard(seconds_ago=600)

    told, failed = doctor()

    assert "FAILED  worker: None was heard since" in told
    assert "→ Start `manage.py run_worker`" in told
    assert "FAILED  key: Nobody holds the key of main." in told
    assert failed


def test_it_finds_a_key_that_is_here(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", SIMULATOR_KEY)

    told, _failed = doctor()

    assert "ok      key: DASHSCOPE_API_KEY is set here." in told
    assert SIMULATOR_KEY not in told


def test_it_names_files_that_others_can_read_and_files_that_are_missing(
    db: None, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = place / "token"
    secret.write_text("secret")
    secret.chmod(0o644)
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(secret))
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE", str(place / "absent"))

    told, _failed = doctor()

    assert f"WARNING secret files: {secret} has mode 644" in told
    assert f"→ chmod go= {secret}" in told
    assert f"FAILED  secret files: {place / 'absent'} is not there." in told


def test_a_directory_that_only_its_owner_enters_closes_what_lies_in_it(
    db: None, place: Path
) -> None:
    (place / "secret_key").chmod(0o644)

    closed, _ = doctor()
    place.chmod(0o755)
    opened, _ = doctor()

    assert "secret_key has mode" not in closed
    assert "secret_key has mode 644" in opened


def test_it_names_settings_that_show_too_much(db: None, settings: Any) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["*"]
    settings.SECRET_KEY = "short"
    settings.SITE_URL = "http://desk.example.com"

    told, _failed = doctor()

    for words in ("DEBUG is on", "allows every name", "short enough", "without TLS"):
        assert f"WARNING settings: {words}" in told or words in told


def test_a_setting_that_no_promise_survives_fails(db: None, settings: Any) -> None:
    settings.DASHSCOPE_BASE_URL = "http://dashscope.example.com"

    told, failed = doctor()

    assert "FAILED  settings: DASHSCOPE_BASE_URL" in told
    assert failed


def test_it_stops_at_a_database_that_does_not_answer(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("could not connect")

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)
        told, failed = doctor()

    assert "FAILED  database: It does not answer: could not connect" in told
    assert "worker" not in told
    assert failed


def test_it_says_which_migrations_are_missing_or_newer(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = "django.db.migrations.recorder.MigrationRecorder"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('jobs', '9999_of_tomorrow', '2026-11-24 08:00:00+00:00')"
        )

    newer, _ = doctor()
    with monkeypatch.context() as patch:
        patch.setattr(f"{recorder}.applied_migrations", lambda self: {})
        missing, _ = doctor()

    assert "WARNING migrations: A newer version was here: 9999_of_tomorrow." in newer
    assert "have not run." in missing


def test_a_role_in_a_workspace_that_is_not_there_is_named(
    workspace: Workspace, settings: Any
) -> None:
    settings.SSO_ROLES = [f"domain:a.com=viewer@{workspace.slug}", "group:x=admin@research"]

    told, _failed = doctor()

    assert "WARNING single sign-on: SSO_ROLES names the workspace research" in told
    assert told.count("SSO_ROLES") == 2  # with the advice


def test_it_reads_what_is_really_in_force(db: None) -> None:
    off, on = {
        "sqlite": ("PRAGMA recursive_triggers=OFF", "PRAGMA recursive_triggers=ON"),
        "postgresql": ("SET synchronous_commit = off", "SET synchronous_commit = on"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(off)
        found = [f for f in diagnosis.storage.database_is_set_up() if f.state is State.FAILED]
        cursor.execute(on)

    assert {"recursive_triggers", "synchronous_commit"} & set(
        " ".join(finding.told for finding in found).replace("'s", "").split()
    )


def test_it_finds_an_end_of_the_history_that_was_changed(workspace: Workspace) -> None:
    with lifted(), connection.cursor() as cursor:
        with audit.act(actors.command_line()) as act:
            act.record(Verb.WORKSPACE_CHANGED, workspace)
        cursor.execute("UPDATE jobs_audithead SET hash = %s", ["0" * 64])
        told, _failed = doctor()

    assert "FAILED  history: It is bad at event" in told
    assert "FAILED  history: No trigger stands on jobs_auditevent" in told


def test_it_says_how_to_get_the_index_for_words(db: None) -> None:
    text_index.drop()

    told, _failed = doctor()

    assert "WARNING search: There is no index for words." in told
    assert "CREATE EXTENSION pg_trgm" in told


def test_online_it_asks_dashscope_with_the_keys_that_are_here(
    workspace: Workspace, simulator: Simulator
) -> None:
    told, _failed = doctor("--online")

    assert "ok      DashScope: The key of main works at 127.0.0.1:" in told
    assert "ok      clock: It agrees with DashScope's." in told
    assert os.environ["DASHSCOPE_API_KEY"] not in told


def test_online_it_says_that_a_key_does_not_work(
    workspace: Workspace, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "key-of-somebody-else")

    told, failed = doctor("--online")

    assert "FAILED  DashScope: The key of main does not work" in told
    assert "key-of-somebody-else" not in told
    assert failed


def test_online_it_sees_a_clock_that_is_wrong(
    workspace: Workspace, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = timezone.now() + timedelta(minutes=5)
    monkeypatch.setattr("jobs.services.diagnosis.machinery.timezone.now", lambda: wrong)

    told, failed = doctor("--online")

    assert "FAILED  clock: This machine's clock is" in told
    assert failed


def test_online_without_a_key_it_asks_nobody(workspace: Workspace) -> None:
    told, _failed = doctor("--online")

    assert "WARNING DashScope: No key is here, so it was not asked." in told
