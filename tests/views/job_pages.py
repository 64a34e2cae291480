"""Reading the list and the job page as tests do."""

import re
from html import unescape

from django.test import Client

from jobs.models import ImportJob

SCRIPT = '<script>alert("x")</script>'
FRAGMENT = {"HTTP_HX_REQUEST": "true"}  # as htmx asks for a part of a page


def get(client: Client, url: str = "/jobs/", **headers: str) -> str:
    """The page at an address, which has to be there."""
    response = client.get(url, **headers)
    assert response.status_code == 200
    return response.content.decode()


def get_job(client: Client, job: ImportJob, **headers: str) -> str:
    """The page of a job."""
    return get(client, f"/jobs/{job.pk}/", **headers)


def names(page: str) -> list[str]:
    """The jobs on the list, in its order."""
    return re.findall(r'class="name" href="[^"]+">([^<]*)</a>', page)


def version_in(page: str) -> str:
    """The version by which the page asks whether it changed."""
    found = re.search(r'id="refresh-([0-9a-f]+)"', page)
    assert found
    return found.group(1)


def refresh_url_in(page: str) -> str:
    """Where the page asks."""
    found = re.search(r'id="refresh-[^>]*hx-get="([^"]+)"', page)
    assert found
    return unescape(found.group(1))


def text_of(page: str) -> str:
    """What a person reads."""
    without_spans = re.sub(r"</?span[^>]*>", "", page)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", without_spans)).split())
