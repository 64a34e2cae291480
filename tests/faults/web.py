"""Web servers of the campaign, and people who submit through them over HTTP."""

import http.client
import json
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path
from random import Random

from jobs import actors
from jobs.choices import Role, Scope
from jobs.models import User
from jobs.services import members, tokens
from tests.faults.desk import Desk
from tests.faults.environment import scenario_environment
from tests.faults.processes import START_SECONDS, Process
from tests.waiting import until

PROCESSES = 2  # of each server
ANSWER_SECONDS = 10.0
REFUSED_FOR_NOW = 503


class WebServer:
    """gunicorn as in production, on a port that it keeps over its deaths."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        """Bring it up; it may not answer yet when this returns."""
        environment = scenario_environment(self._desk.directory, os.environ["DATABASE_URL"])
        self._master = Process(
            *("importer_site.wsgi", "--config", "python:importer_site.gunicorn_conf"),
            *("--bind", f"127.0.0.1:{self.port}"),
            program=("-m", "gunicorn"),
            environment=environment
            | {"WEB_CONCURRENCY": str(PROCESSES), "API_REQUESTS_PER_MINUTE": "1000000"},
            log=self._desk.directory / "web.log",
        )

    def wait_until_up(self) -> None:
        """Come back when it answers and all of its processes are there."""
        until(
            lambda: len(self.processes()) == PROCESSES and self._answers(),
            seconds=START_SECONDS,
            what="the web server up",
        )

    def processes(self) -> list[int]:
        """The ids of its processes that answer requests."""
        children = Path(f"/proc/{self._master.pid}/task/{self._master.pid}/children")
        return [int(pid) for pid in children.read_text(encoding="ascii").split()]

    def kill_one(self, random: Random) -> bool:
        """Kill one process, whatever it has in hand; its master starts another. False if there
        is none at the moment."""
        running = self.processes()
        if running:
            os.kill(random.choice(running), signal.SIGKILL)
        return bool(running)

    def kill_all(self) -> None:
        """Kill the master and its processes, as when the machine loses its power."""
        running = self.processes()
        self._master.kill()
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> int:
        """End it in good order; its exit code."""
        return self._master.terminate()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()


def token_of_a_submitter(desk: Desk) -> str:
    """The token of a person who may submit."""
    person = User.objects.create_user("bob")
    members.add(desk.workspace, person, Role.SUBMITTER, actor=actors.command_line())
    new = tokens.create(
        person, name="crowd", scopes=[Scope.SUBMIT, Scope.READ], actor=actors.command_line()
    )
    return new.text


def post(port: int, token: str, key: str, fields: dict[str, str]) -> int | None:
    """Submit over HTTP, once; the id of the job, or None when no answer came, or one that asks
    for another try. Any other answer is an AssertionError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    try:
        connection.request("POST", "/api/v1/jobs", json.dumps(fields).encode(), headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if response.status == REFUSED_FOR_NOW:
        return None
    assert response.status in (http.client.OK, http.client.CREATED), (response.status, body)
    return int(json.loads(body)["id"])
