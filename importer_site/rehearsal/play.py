"""The people of the day: each deed is one request over HTTP, timed from when it was due."""

import http.client
import json
import re
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from importer_site.rehearsal.cast import Cast
from importer_site.rehearsal.plan import Deed, Scale, slug, workspace_of

HANDS = 32  # requests at once, at most
PATIENCE_SECONDS = 60.0


@dataclass
class Diary:
    """What came of every deed."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    jobs: dict[str, list[int]] = field(default_factory=dict)
    """What was submitted so far, by workspace."""
    latest: float = 0.0
    """How far behind its time a deed began at most: above a second this program was too slow."""


class Play:
    """Plays deeds against the web server at the port."""

    def __init__(self, port: int, scale: Scale, cast: Cast) -> None:
        self.diary = Diary()
        self._scale = scale
        self._port = port
        self._cast = cast
        self._writing = threading.Lock()
        self._random = Random(1)
        self._cookies = [self._signed_in(name) for name in cast.readers]

    def run(self, deeds: list[Deed], pause: Callable[[float], None]) -> None:
        """Play them all at their times; `pause` waits so many seconds."""
        started = time.monotonic()
        with ThreadPoolExecutor(HANDS) as people:
            for deed in deeds:
                due = started + deed.at_seconds
                if (left := due - time.monotonic()) > 0:
                    pause(left)
                people.submit(self._do, deed, due)

    def _do(self, deed: Deed, due: float) -> None:
        late = time.monotonic() - due
        if deed.fields is None:
            kind, status, body = "page", *self._read()
        else:
            kind, status, body = "submission", *self._submit(deed.person, deed.fields)
        spent = time.monotonic() - due
        with self._writing:
            self.diary.latest = max(self.diary.latest, late)
            self.diary.seconds.setdefault(kind, []).append(spent)
            self.diary.answers[f"{kind}: {status}"] += 1
            if kind == "submission" and status == str(http.HTTPStatus.CREATED.value):
                job = json.loads(body)
                self.diary.jobs.setdefault(job["workspace"], []).append(job["id"])

    def _submit(self, person: int, fields: dict[str, str]) -> tuple[str, bytes]:
        headers = {
            "Authorization": f"Bearer {self._cast.tokens[person]}",
            "Content-Type": "application/json",
        }
        return self._ask("POST", "/api/v1/jobs", headers, json.dumps(fields).encode())

    def _read(self) -> tuple[str, bytes]:
        """The list, the first page, or a job of the reader's workspace."""
        reader = self._random.randrange(len(self._cookies))
        choice = self._random.random()
        path = "/jobs/" if choice < 0.6 else "/"
        theirs = self.diary.jobs.get(slug(workspace_of(reader, self._scale)))
        if choice > 0.8 and theirs:
            path = f"/jobs/{self._random.choice(theirs)}/"
        return self._ask("GET", path, {"Cookie": self._cookies[reader]})

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[str, bytes]:
        """The number of the answer with its body, or the name of what came in its place."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return str(response.status), response.read()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__, b""
        finally:
            connection.close()

    def _signed_in(self, name: str) -> str:
        """The cookies of a browser in which the person has signed in through the page."""
        page = "/accounts/login/"
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        connection.request("GET", page)
        response = connection.getresponse()
        found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', response.read())
        if found is None:
            raise ConnectionError(f"{page} answered {response.status} and has no form")
        token = found[1].decode()
        cookies = _cookies(response)
        form = {"username": name, "password": self._cast.password, "csrfmiddlewaretoken": token}
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", page, urllib.parse.urlencode(form), headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        if response.status != http.HTTPStatus.FOUND:
            raise ConnectionError(f"{name} could not sign in: {response.status}")
        return _cookies(response)


def _cookies(response: http.client.HTTPResponse) -> str:
    set_ = response.headers.get_all("Set-Cookie") or []
    return "; ".join(cookie.partition(";")[0] for cookie in set_)
