import re
from collections.abc import Callable

from django.test import Client
from django.utils import timezone

from jobs.choices import (
    Call,
    ExchangeOutcome,
    JobStatus,
)
from jobs.models import User, Walk, Workspace
from tests.making import make_attempt, make_exchange, make_job
from tests.views.job_pages import SCRIPT, get_job, text_of

ClientOf = Callable[[User], Client]


def test_it_shows_each_exchange_as_sent_and_received(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, display_name="客服")
    attempt = make_attempt(job)
    make_exchange(
        job,
        attempt=attempt,
        response_body='{"output":{"name":"\\u5ba2\\u670d","size":1.50e3}}',
        response_truncated=True,
        response_headers={"x-request-id": "from-a-header"},
    )
    make_exchange(job, call=Call.LIST, method="GET", request_body="", response_body="<h1>502</h1>")

    page = text_of(get_job(client_of(vera), job))

    assert '"display_name": "客服"' in page
    assert '"name": "客服"' in page
    assert '"size": 1.50e3' in page
    assert "not whole" in page
    assert "x-request-id: from-a-header" in page
    assert "<h1>502</h1>" in page


def test_an_attempt_without_an_exchange_shows_what_it_would_send(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.QUEUED)
    make_attempt(job)

    page = text_of(get_job(client_of(vera), job))

    assert "no exchange is recorded for it" in page
    assert f'"object_key": "{job.object_key}"' in page


def test_a_raw_body_is_plain_text_that_no_browser_runs(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace)
    exchange = make_exchange(job, response_body=SCRIPT)
    client = client_of(vera)

    answer = client.get(f"/jobs/{job.pk}/exchanges/{exchange.pk}/response/")
    question = client.get(f"/jobs/{job.pk}/exchanges/{exchange.pk}/request/")

    assert answer.content.decode() == SCRIPT
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert question.content.decode() == exchange.request_body


def test_a_body_belongs_to_its_own_job(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    exchange = make_exchange(make_job(workspace))
    other = make_job(workspace)

    response = client_of(vera).get(f"/jobs/{other.pk}/exchanges/{exchange.pk}/response/")

    assert response.status_code == 404


def test_the_looks_for_an_unanswered_create_are_listed(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.UNCONFIRMED)
    attempt = make_attempt(job)
    make_exchange(
        job,
        attempt=attempt,
        outcome=ExchangeOutcome.UNKNOWN,
        reason="read_timeout",
        status_code=None,
        response_body="",
        response_bytes=0,
    )
    now = timezone.now()
    looks = {"pages": 3, "rows": 271, "started_at": now, "finished_at": now}
    Walk.objects.create(attempt=attempt, complete=True, **looks)
    Walk.objects.create(attempt=attempt, complete=False, failure="dns", **looks)

    text = text_of(get_job(client_of(vera), job))

    assert "Looked for 2 times in DashScope’s list" in text
    assert "whole list seen 3 271" in text
    assert "failed: dns" in text
    assert "No body came." in text


def test_a_page_with_very_many_exchanges_stays_short(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace)
    for _ in range(25):
        make_exchange(job, call=Call.LIST)

    page = get_job(client_of(vera), job)

    assert len(re.findall(r'id="exchange-\d+"', page)) == 20
    assert "the newest are shown" in page
