"""What a search for words asks of SQLite, whose index of words is a table of its own."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import User, Workspace
from jobs.services.searching import JobSearch
from tests.making import make_job


@pytest.mark.parametrize(("words", "found"), [("rare", 2), ("nowhere", 0)])
def test_the_index_is_asked_once_for_a_word_that_few_jobs_have(
    vera: User, workspace: Workspace, words: str, found: int
) -> None:
    for name in ("rare", "rare too", "common"):
        make_job(workspace, display_name=name)

    with CaptureQueriesContext(connection) as asked:
        jobs = list(JobSearch(q=words).jobs(vera))

    assert len(jobs) == found
    assert len([query for query in asked if "MATCH" in query["sql"]]) == 1


def test_a_word_that_no_job_has_is_looked_for_in_no_job(vera: User, workspace: Workspace) -> None:
    make_job(workspace)

    with CaptureQueriesContext(connection) as asked:
        jobs = list(JobSearch(q="nowhere").jobs(vera))

    assert jobs == []
    assert not [query for query in asked if "LIKE '%nowhere%'" in query["sql"]]
