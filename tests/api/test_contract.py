"""Whatever the OpenAPI document allows and forbids, tried on the app: it never breaks, and never
answers what the document does not say."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from importer_site.wsgi import application
from jobs.choices import JobStatus
from jobs.models import User, Workspace
from tests.api.calling import Script
from tests.making import make_job

# Not checked: that everything the document allows is accepted, because a document cannot say that
# a path ends with a slash or that a day exists; and tokens, which test_bearer.py tries better.
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
# Its cases grow with the square of the parameters; random ones find as much in a second.
schema.config.phases.coverage.enabled = False


@schema.hook
def filter_query(_context: Any, query: dict[str, Any] | None) -> bool:
    """Nothing is sent of a parameter without a value, so what is wrong with it reaches nobody."""
    return all(value not in (None, [], {}) for value in (query or {}).values())


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """The test's database stays open between requests, as under Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(kept_connection: None, alice: User, workspace: Workspace, settings: Any) -> str:
    """An admin's token for everything, without end, in a workspace that has jobs."""
    settings.API_REQUESTS_PER_MINUTE = 10**6
    for status in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.RUNNING):
        make_job(workspace, by=alice, status=status)
    return Script(alice).text


@schema.parametrize()
@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_it_answers_as_documented(case: Case, token: str) -> None:
    answer = case.call(headers={"Authorization": f"Bearer {token}"})
    case.validate_response(answer, excluded_checks=[positive_data_acceptance, ignored_auth])
