"""A rehearsal takes no database that is somebody else's."""

from pathlib import Path

import pytest
from django.db import connection

from tests.importer_site.test_rehearsal import rehearse


@pytest.mark.django_db
def test_it_takes_no_database_that_holds_anything(tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        return  # where it makes the file itself, there is nothing to refuse
    server = connection.settings_dict
    url = f"postgres://{server['USER']}@/{server['HOST']}/{server['NAME']}"

    done = rehearse("--database", url, home=tmp_path)

    assert done.returncode == 2, done.stdout + done.stderr
    assert "The database is not empty" in done.stdout
