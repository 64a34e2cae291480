"""The people of tests of the history, which knows who gave them their roles."""

import pytest

from jobs.choices import Role
from jobs.models import User, Workspace
from tests.audit.histories import admit


@pytest.fixture
def alice(workspace: Workspace) -> User:
    """The admin."""
    return admit("alice", Role.ADMIN, workspace)


@pytest.fixture
def ada(workspace: Workspace) -> User:
    """The auditor."""
    return admit("ada", Role.AUDITOR, workspace)
