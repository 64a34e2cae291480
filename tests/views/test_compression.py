"""Pages travel compressed; what machines fetch does not."""

import gzip
from collections.abc import Callable

from django.test import Client

from jobs.models import User


def test_pages_are_compressed_for_browsers_that_can_read_that(
    client_of: Callable[[User], Client], bob: User
) -> None:
    client = client_of(bob)

    plain = client.get("/jobs/new/")
    packed = client.get("/jobs/new/", headers={"accept-encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    assert b"</html>" in gzip.decompress(packed.content)


def test_answers_to_machines_are_not(client_of: Callable[[User], Client], bob: User) -> None:
    for address in ("/api/v1/openapi.json", "/api/v1/", "/api/v1/nothing", "/metrics"):
        answer = client_of(bob).get(address, headers={"accept-encoding": "gzip"})
        assert "Content-Encoding" not in answer.headers, address
