"""Old code writes into today's tables: its models, as the migrations knew them, do it here."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jobs.models import WorkerHeartbeat
from tests.house import additions

# Before two columns that were added with their default in the database, and without.
BEFORE_BOTH = "0005_workspace_settings"


def models_at(name: str) -> dict[str, Any]:
    """The models that the code of that migration had, by table."""
    apps = additions.state_at(name).apps
    return {model._meta.db_table: model for model in apps.get_app_config("jobs").get_models()}


def columns_of(table: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
    return {column.name: column for column in described}


def breaks(table: str, model: Any) -> list[str]:
    """Why an INSERT or SELECT by the old model fails on today's table."""
    today = columns_of(table)
    named = {field.column for field in model._meta.concrete_fields}
    missing = [f"{table}.{name} is gone" for name in sorted(named - today.keys())]
    return missing + [
        f"{table}.{name} wants a value"
        for name in sorted(today.keys() - named)
        if not today[name].null_ok and today[name].default is None
    ]


def written(model: Any, **values: Any) -> Any:
    with transaction.atomic():
        return model.objects.create(**values)


@pytest.mark.django_db
def test_tables_of_the_last_release_take_what_its_code_writes() -> None:
    found = [
        why
        for table, model in models_at(additions.BASELINE).items()
        for why in breaks(table, model)
    ]

    assert found == []


@pytest.mark.django_db
def test_a_worker_that_knows_nothing_of_a_new_column_still_says_that_it_lives() -> None:
    old = models_at(BEFORE_BOTH)["jobs_workerheartbeat"]
    now = timezone.now()

    row = written(old, name="old worker", started_at=now, seen_at=now, key_fingerprints={})
    old.objects.filter(pk=row.pk).update(seen_at=now + timedelta(seconds=2))

    assert not hasattr(row, "lease_losses")
    assert WorkerHeartbeat.objects.get(name="old worker").lease_losses == 0


@pytest.mark.django_db
def test_a_column_without_its_default_in_the_database_would_have_been_found() -> None:
    old = models_at(BEFORE_BOTH)["jobs_verification"]

    assert breaks("jobs_verification", old) == [
        "jobs_verification.exchanges_position wants a value",
        "jobs_verification.up_to_hash wants a value",
    ]
    with pytest.raises(IntegrityError):
        written(old, started_at=timezone.now(), up_to=1, position_hash="")
    assert len(additions.refusals("0007_audit_verification", BEFORE_BOTH)) == 2
