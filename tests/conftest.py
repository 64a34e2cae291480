"""The cast and the stage: people with roles in one workspace, and a DashScope of our own.

Alice is its admin, Bob submits, Vera views, Ada audits, and Charlie belongs to nothing.
"""

import gc
import ipaddress
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client, TransactionTestCase
from django.utils import translation

from jobs.choices import Role
from jobs.models import User, Workspace
from jobs.services import history_facts, list_facts, listed_jobs, turns, workspaces
from jobs.services.overview import standing_of
from jobs.simulator import SIMULATOR_KEY, Simulator
from jobs.views.audit_history import page_of
from tests.audit.lifting import lifted
from tests.making import make_person, sign_in
from tests.settings import DATABASE_PREFIX

# Nothing of what is loaded now is garbage, until all is.
gc.disable()

# Playwright's synchronous interface runs an event loop in the thread of the test.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


# Of the processes that share the tests, the first is given the first of them and the last the
# last. So one waits for processes of its own and for calls that nobody answers while the others
# have work for every core, and each takes from the others what is left.
WAITING = (
    "tests/faults/test_campaign.py",
    "tests/browser/test_story.py",
    "tests/importer_site/test_rehearsal.py",
    "tests/dashscope/",
    "tests/simulator/",
    "tests/services/test_turns.py",
)
LONGEST = (
    "tests/browser/test_every_page.py",
    "tests/security/test_single_sign_on.py",
    "tests/importer_site/test_desk.py",
    "tests/browser/",
)
IN_ORDER = (*WAITING, "", *LONGEST)


@pytest.hookimpl(trylast=True)  # after the plugins that shuffle and group
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that wait, and with the longest of the others in time."""

    def place(item: pytest.Item) -> int:
        begins = (name for name in (*WAITING, *LONGEST) if item.nodeid.startswith(name))
        return IN_ORDER.index(next(begins, ""))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Spare the collector what is loaded by now and stays: it took an eighth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """No test reaches another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True, scope="session")
def _ends_empty() -> Iterator[None]:
    """A transaction=True test ends with a flush, which the history's triggers would refuse. It
    also makes every permission anew, and on PostgreSQL every table's file."""
    kept = {"django_migrations", "django_content_type", "auth_permission"}

    def emptied(_case: TransactionTestCase) -> None:
        tables = set(connection.introspection.django_table_names(include_views=False)) - kept
        with lifted(), transaction.atomic(), connection.cursor() as cursor:
            for table in sorted(tables):
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptied)
        yield


@pytest.fixture(autouse=True, scope="session")
def _leaves_no_turn_behind() -> Iterator[None]:
    """Beside the tests' SQLite file stands one for the turns of its writers."""
    yield
    for left in Path(tempfile.gettempdir()).glob(f"{DATABASE_PREFIX}*{turns.SUFFIX}"):
        left.unlink()


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A request leaves its language to the thread, and so to the next test."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What the pages know of a history is kept by its last event, which another test has too."""
    for kept in (
        *(list_facts.facts_of, listed_jobs.within, standing_of),
        *(history_facts.facts_of, page_of),
    ):
        kept.cache_clear()


@pytest.fixture
def workspace(db: None) -> Workspace:
    """The first workspace, with its duties."""
    return workspaces.ensure_first()


@pytest.fixture
def enrol() -> Callable[..., User]:
    """How the cast is given its roles: by records, of which the history knows nothing."""
    return make_person


@pytest.fixture
def alice(enrol: Callable[..., User], workspace: Workspace) -> User:
    """The admin."""
    return enrol("alice", Role.ADMIN, workspace)


@pytest.fixture
def bob(enrol: Callable[..., User], workspace: Workspace) -> User:
    """A submitter."""
    return enrol("bob", Role.SUBMITTER, workspace)


@pytest.fixture
def vera(enrol: Callable[..., User], workspace: Workspace) -> User:
    """A viewer."""
    return enrol("vera", Role.VIEWER, workspace)


@pytest.fixture
def ada(enrol: Callable[..., User], workspace: Workspace) -> User:
    """The auditor."""
    return enrol("ada", Role.AUDITOR, workspace)


@pytest.fixture
def charlie(workspace: Workspace) -> User:
    """A stranger: signed in, and a member of nothing."""
    return make_person("charlie")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which the person is signed in: `client_of(alice).get("/jobs/")`."""

    def browser_of(person: User) -> Client:
        browser = Client()
        sign_in(browser, person)
        return browser

    return browser_of


@pytest.fixture
def simulator(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A DashScope on a port of its own, to which the settings and the key point."""
    with Simulator() as simulator:
        settings.DASHSCOPE_BASE_URL = simulator.base_url
        monkeypatch.setenv("DASHSCOPE_API_KEY", SIMULATOR_KEY)
        yield simulator
