"""Every page in Chinese: no English is left on it but names, and what machines write."""

import re

import pytest
from django.db import transaction
from django.test import Client

from jobs.choices import JobStatus
from jobs.models import ImportJob, User, Workspace
from tests.house.visible import texts_of
from tests.making import make_attempt, make_exchange, make_job
from tests.security.rows import PAGES, SETTINGS
from tests.security.staging import browser_of, filled, set_up

CHINESE = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"(?<![\w.-])[A-Za-z][a-z]+,? [a-z]{2,}(?![\w.-])")
# The same in Chinese: of the product and its vendor, and of programs.
NAMES = {
    *("API", "API Key", "Bucket", "DELETE", "DashScope", "English", "GET", "Import Desk", "LoRA"),
    *("OSS", "OpenAPI 3.1", "POST", "Request ID", "UTC", "chat template", "error_code", "worker"),
}
# Other tests' people and what is theirs.
PEOPLE = {"Ada", "Alice", "Bob", "Charlie", "Model Studio", "Other", "Others", "Ours", "Vera"}
PEOPLE |= {"Support tone", "command line"}  # of a candidate; of who made an invitation
# What machines write, also outside of elements for it: 404 Not Found, PENDING, models/my-lora/.
MACHINES = re.compile(
    r"[0-9a-f]{12,64}|script \d+ \([^)]*\)|[1-5]\d\d [A-Z][A-Za-z ]+|[A-Z_]+|[\w.-]*[/._:][\w./:-]*"
)


def english_in(html: str, *names: str) -> list[str]:
    """The texts of a page that a reader of Chinese would have to read in English."""
    known = sorted({*NAMES, *PEOPLE, *names}, key=len, reverse=True)
    name = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in known), re.ASCII)
    left = [text for text in texts_of(html) if not MACHINES.fullmatch(text)]
    left = [name.sub("", text) for text in left]
    return [
        text
        for text in left
        if SENTENCE.search(text) or (WORD.search(text) and not CHINESE.search(text))
    ]


def chinese(person: User | None) -> Client:
    return browser_of(person, accept_language="zh-CN,zh;q=0.9,en;q=0.8")


def test_english_is_found_where_it_is() -> None:
    page = '<p>已提交 by the desk</p><p>Save</p><p title="Close">关闭</p><code>Save</code>'

    assert english_in(page) == ["已提交 by the desk", "Save", "Close"]


def test_no_page_says_anything_in_english(
    workspace: Workspace, alice: User, bob: User, vera: User, charlie: User
) -> None:
    stage = set_up(workspace, alice, bob)
    names = list(ImportJob.objects.values_list("display_name", flat=True))
    clients = [chinese(person) for person in (None, charlie, vera, alice)]

    found, read = set(), 0
    for row in PAGES + SETTINGS:
        for client in clients:
            before = transaction.savepoint()
            ask = getattr(client, row.method.lower())
            data = {name: filled(value, stage) for name, value in row.data.items()}
            response = ask(row.address.format(**stage), data)
            transaction.savepoint_rollback(before)
            if response["Content-Type"].startswith("text/html") and response.content:
                read += 1
                html = response.content.decode()
                assert "<html" not in html or '<html lang="zh-hans"' in html
                found |= {(row.address, text) for text in english_in(html, *names)}

    assert read > len(PAGES)
    assert found == set()


@pytest.mark.parametrize("status", JobStatus)
def test_no_status_is_told_in_english(status: JobStatus, workspace: Workspace, alice: User) -> None:
    job = make_job(workspace, by=alice, status=status, display_name="客服语气")
    make_exchange(job, attempt=make_attempt(job))
    client = chinese(alice)

    # A status that is not known is shown in DashScope's own word.
    unknown = [job.remote_status] if status == JobStatus.OTHER else []
    for url in ("/", "/jobs/", f"/jobs/{job.pk}/"):
        page = client.get(url).content.decode()
        assert english_in(page, *unknown) == []
        assert url == "/" or "客服语气" in page
