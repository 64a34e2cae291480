"""The code of the last release runs on beside today's, so migrations since then only add."""

import pytest
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models.functions import Now

from tests.house import additions

STATE = additions.state_at(additions.BASELINE)
KNOWN = {model for app, model in STATE.models if app == "jobs"}


def why(operation: Operation) -> list[str]:
    return list(additions.judged(operation, STATE.clone(), KNOWN))


def altered(model: str, name: str, **changes: object) -> Operation:
    field = STATE.models["jobs", model].fields[name]
    _name, _path, args, options = field.deconstruct()
    return migrations.AlterField(model, name, type(field)(*args, **{**options, **changes}))


def test_no_migration_since_the_last_release_breaks_its_code() -> None:
    found = {name: refused for name in additions.later() if (refused := additions.refusals(name))}

    assert found == {}


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Cell", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("importjob", "note", models.TextField(null=True)),
        migrations.AddField("importjob", "note", models.TextField(db_default="")),
        migrations.AddField("importjob", "at", models.DateTimeField(db_default=Now())),
        migrations.AddField("cell", "name", models.TextField()),
        migrations.AddIndex("importjob", models.Index(fields=["bucket_name"], name="by_bucket")),
        altered("importjob", "status", choices=[("paused", "Paused")]),
        altered("importjob", "base_model", max_length=1000),
        altered("importjob", "base_model", null=True),
    ],
    ids=lambda operation: operation.describe(),
)
def test_it_allows_what_old_code_does_not_notice(operation: Operation) -> None:
    assert why(operation) == []


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("importjob", "note", models.TextField(default="")),
        migrations.RemoveField("importjob", "base_model"),
        migrations.RenameField("importjob", "base_model", "model"),
        migrations.RenameModel("ImportJob", "Import"),
        migrations.DeleteModel("SavedView"),
        migrations.AlterModelTable("importjob", "imports"),
        migrations.AddConstraint(
            "importjob", models.UniqueConstraint(fields=["bucket_name"], name="one_of_a_bucket")
        ),
        migrations.RunSQL("DROP TABLE jobs_importjob"),
        altered("importjob", "base_model", max_length=3),
        altered("importjob", "base_model", db_column="model"),
        altered("importjob", "finished_at", null=False),
        altered("workerheartbeat", "lease_losses", db_default=models.NOT_PROVIDED),
        migrations.AlterField("importjob", "base_model", models.IntegerField()),
    ],
    ids=lambda operation: operation.describe(),
)
def test_it_refuses_what_old_code_would_break_on(operation: Operation) -> None:
    assert len(why(operation)) >= 1


def test_its_exceptions_are_of_migrations_that_are_still_watched() -> None:
    assert {name for name, _what in additions.SPOKEN_FOR} <= set(additions.later())
