"""Many posts at one moment, each on a database connection of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import Barrier, Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client

from jobs.models import Attempt, AuditEvent, ImportJob, User
from tests.views.form_posts import form_post

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What the acts return when all of them begin in the same moment."""
    barrier = Barrier(len(acts))

    def act(index: int) -> Any:
        barrier.wait()
        try:
            return acts[index]()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, range(len(acts))))


class Server(ThreadedWSGIServer):
    """A web server with a thread for each connection, and room for all of them to wait."""

    request_queue_size = 64


class Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Requests of tests are not worth a line."""


@pytest.fixture
def port() -> Iterator[int]:
    """Where the pages are served."""
    server = Server(("127.0.0.1", 0), Handler)
    server.set_app(get_wsgi_application())
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_two_people_at_the_same_moment_make_one_import_and_one_notice(
    client_of: ClientOf, alice: User, bob: User
) -> None:
    clients = [client_of(alice), client_of(bob)]

    answers = at_once([lambda c=c: c.post("/jobs/new/", form_post()) for c in clients])

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    notice = next(answer for answer in answers if answer.status_code == 200).content.decode()
    job = ImportJob.objects.get()
    assert f"{job.submitted_by_label} submitted the same weights" in notice
    assert Attempt.objects.count() == 1


def test_one_form_posted_thirty_times_over_sockets_makes_one_job(
    client_of: ClientOf, bob: User, port: int
) -> None:
    session = client_of(bob).cookies["sessionid"].value
    csrf = "a" * 32
    body = urlencode(form_post() | {"csrfmiddlewaretoken": csrf})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sessionid={session}; csrftoken={csrf}",
    }

    def post() -> tuple[int, str | None]:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", "/jobs/new/", body, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.getheader("Location")

    answers = at_once([post] * 30)

    job = ImportJob.objects.get()
    assert set(answers) == {(302, f"/jobs/{job.pk}/")}
    assert Attempt.objects.count() == 1
    assert AuditEvent.objects.filter(verb="job.submitted").count() == 1
