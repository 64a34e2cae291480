"""Migrations are one line, each with a name that says what it does."""

import re

from django.db.migrations.loader import MigrationLoader


def own_migrations() -> dict[str, list[str]]:
    loader = MigrationLoader(None)
    return {
        name: [parent for app, parent in migration.dependencies if app == "jobs"]
        for (app, name), migration in loader.disk_migrations.items()
        if app == "jobs"
    }


def test_each_follows_the_one_before() -> None:
    parents = own_migrations()
    names = sorted(parents)

    assert parents == {
        name: [names[index - 1]] if index else [] for index, name in enumerate(names)
    }


def test_their_numbers_have_no_gap() -> None:
    numbers = [int(name.split("_")[0]) for name in sorted(own_migrations())]

    assert numbers == list(range(1, len(numbers) + 1))


def test_each_is_named_for_what_it_does() -> None:
    unnamed = [name for name in own_migrations() if re.search(r"_auto_|_alter_.*_and_more", name)]

    assert unnamed == []
