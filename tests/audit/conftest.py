"""The cast of tests of the history, which knows who gave them their roles."""

from collections.abc import Callable

import pytest

from jobs.models import User
from tests.audit.histories import admit


@pytest.fixture
def enrol() -> Callable[..., User]:
    """By acts, as in earnest."""
    return admit
