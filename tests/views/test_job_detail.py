import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.actors import Actor
from jobs.choices import (
    AttemptState,
    Call,
    DeletionState,
    JobStatus,
    Role,
    Verb,
)
from jobs.models import AuditPersonal, Deletion, ImportJob, User, Workspace
from jobs.services import audit
from tests.making import make_attempt, make_exchange, make_job, make_person
from tests.views.job_pages import FRAGMENT, SCRIPT, get_job, text_of

ClientOf = Callable[[User], Client]


@pytest.mark.parametrize("status", JobStatus.values)
def test_its_first_status_is_the_jobs(
    client_of: ClientOf, vera: User, workspace: Workspace, status: str
) -> None:
    job = make_job(workspace, status=status, remote_status="")

    page = get_job(client_of(vera), job)

    found = re.search(r'data-status="(\w+)"', page)
    assert found
    assert found.group(1) == status
    assert f"<title>{JobStatus(status).label} · {job.label}" in page


def test_it_shows_every_field(
    client_of: ClientOf, vera: User, bob: User, workspace: Workspace
) -> None:
    job = make_job(workspace, by=bob, request_id="req-77", duplicate_reason="A second base")
    make_attempt(job, host="dashscope.aliyuncs.com", key_fingerprint="3f9ac1d2b4e5")

    page = text_of(get_job(client_of(vera), job))

    for value in (
        job.base_model,
        job.display_name,
        job.generated_model_name,
        "LoRA",
        "OSS",
        job.bucket_name,
        job.object_key,
        workspace.name,
        "dashscope.aliyuncs.com",
        "3f9ac1d2b4e5",
        job.remote_job_id,
        "req-77",
        job.gmt_create,
        "Bob",
        "A second base",
    ):
        assert value in page


def test_strangers_find_nothing_there(
    client_of: ClientOf, charlie: User, workspace: Workspace
) -> None:
    job = make_job(workspace)
    exchange = make_exchange(job)
    client = client_of(charlie)

    assert client.get(f"/jobs/{job.pk}/").status_code == 404
    assert client.get(f"/jobs/{job.pk}/exchanges/{exchange.pk}/response/").status_code == 404


@pytest.mark.parametrize("number", [0, 10**30])
def test_a_number_without_a_job_is_not_found(client_of: ClientOf, vera: User, number: int) -> None:
    assert client_of(vera).get(f"/jobs/{number}/").status_code == 404


def test_an_error_is_explained_first_with_its_raw_words(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(
        workspace,
        status=JobStatus.REJECTED,
        error_call=Call.CREATE,
        error_code="InvalidApiKey",
        error_message="Invalid API-key provided.",
    )

    page = get_job(client_of(vera), job)

    assert page.index("What next:") < page.index("What happened")
    assert "InvalidApiKey · Invalid API-key provided." in page
    assert "DASHSCOPE_API_KEY" in page
    assert "https://www.alibabacloud.com/help/" in page


def test_explanations_are_in_the_readers_language(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.NOT_CREATED, error_call="desk", error_code="absent")

    page = get_job(client_of(vera), job, HTTP_ACCEPT_LANGUAGE="zh-Hans")

    assert "DashScope 没有创建该导入任务" in page
    assert "https://help.aliyun.com/zh/" in page


def test_markup_in_answers_is_shown_as_text(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.FAILED)
    fields = ("display_name", "error_code", "error_message", "deletion_reason", "remote_status")
    ImportJob.objects.filter(pk=job.pk).update(
        **dict.fromkeys(fields, SCRIPT), deleted_at=timezone.now(), gmt_create=SCRIPT
    )
    attempt = make_attempt(job, state=AttemptState.CONFIRMED)
    make_exchange(job, attempt=attempt, response_body=f'{{"a":"{SCRIPT[:8]}"}}', path=SCRIPT)
    make_exchange(job, response_body=SCRIPT, response_headers={"x": SCRIPT}, request_id=SCRIPT)
    with audit.act(Actor(kind="person", label=SCRIPT, user_id=vera.pk, address=SCRIPT)) as act:
        act.record(Verb.JOB_SUBMITTED, job, data={"reason": SCRIPT})

    page = get_job(client_of(vera), job)

    assert SCRIPT not in page
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") > 10


def test_the_timeline_names_actor_address_event_and_both_clocks(
    client_of: ClientOf, vera: User, bob: User, workspace: Workspace
) -> None:
    job = make_job(workspace, by=bob)
    person = Actor(kind="person", label="Bob", user_id=bob.pk, address="10.0.3.21")
    with audit.act(person) as act:
        act.record(Verb.JOB_SUBMITTED, job)
    with audit.act(Actor(kind="worker", label="w")) as act:
        change = {"old": "pending", "new": "running", "dashscope_time": "2026-01-31T08:00:05.0Z"}
        act.record(Verb.JOB_STATUS_CHANGED, job, data=change)

    page = get_job(client_of(vera), job)

    text = text_of(page)
    assert "Bob submitted this import from 10.0.3.21" in text
    assert "This import went from Pending to Running" in text
    assert "DashScope’s clock 2026-01-31 08:00:05" in text
    assert len(re.findall(r'<li id="event-\d+"', page)) == 2


def test_an_erased_person_is_said_to_be_erased(
    client_of: ClientOf, vera: User, bob: User, workspace: Workspace
) -> None:
    job = make_job(workspace)
    with audit.act(Actor(kind="person", label="Bob", user_id=bob.pk, address="10.0.3.21")) as act:
        act.record(Verb.JOB_SUBMITTED, job)
    AuditPersonal.objects.filter(user_id=bob.pk).delete()

    text = text_of(get_job(client_of(vera), job))

    assert f"Person {bob.pk} submitted this import from (erased)" in text


def test_the_whole_lineage_is_linked(client_of: ClientOf, vera: User, workspace: Workspace) -> None:
    first = make_job(workspace, status=JobStatus.REJECTED)
    second = make_job(workspace, status=JobStatus.FAILED, resubmission_of=first)
    third = make_job(workspace, resubmission_of=second)

    page = get_job(client_of(vera), second)

    for other in (first, third):
        assert f'href="/jobs/{other.pk}/">job {other.pk}</a>' in page
    assert "corrects" in page


def test_success_shows_the_next_call_and_what_it_costs(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, generated_model_name="it's-offline-1")

    page = text_of(get_job(client_of(vera), job))

    assert "/api/v1/deployments" in page
    assert r'"model_name": "it' in page
    assert "A deployment costs money." in page


@pytest.mark.parametrize("field", ["deleted_at", "gone_at"])
def test_what_is_gone_is_not_to_be_deployed(
    client_of: ClientOf, vera: User, workspace: Workspace, field: str
) -> None:
    job = make_job(workspace, **{field: timezone.now()})

    page = get_job(client_of(vera), job)

    assert "/api/v1/deployments" not in page
    assert "at DashScope" in page


@pytest.mark.parametrize(
    ("role", "own", "status", "resubmits", "deletes"),
    [
        (Role.VIEWER, False, JobStatus.FAILED, False, False),
        (Role.AUDITOR, False, JobStatus.FAILED, False, False),
        (Role.SUBMITTER, False, JobStatus.FAILED, True, False),
        (Role.SUBMITTER, True, JobStatus.FAILED, True, True),
        (Role.SUBMITTER, True, JobStatus.SUCCEEDED, False, True),
        (Role.SUBMITTER, True, JobStatus.RUNNING, False, False),
        (Role.ADMIN, False, JobStatus.SUCCEEDED, False, True),
        (Role.ADMIN, False, JobStatus.REJECTED, True, False),
        (Role.ADMIN, False, JobStatus.NOT_CREATED, True, False),
    ],
)
def test_only_acts_that_are_allowed_are_offered(
    client_of: ClientOf,
    workspace: Workspace,
    role: Role,
    own: bool,
    status: JobStatus,
    resubmits: bool,
    deletes: bool,
) -> None:
    person = make_person("somebody", role, workspace)
    job = make_job(workspace, by=person if own else None, status=status)

    page = get_job(client_of(person), job)

    assert (f'href="/jobs/{job.pk}/resubmit/"' in page) is resubmits
    assert (f'href="/jobs/{job.pk}/delete/"' in page) is deletes


def test_a_deletion_under_way_is_said_and_not_offered_again(
    client_of: ClientOf, alice: User, workspace: Workspace
) -> None:
    job = make_job(workspace)
    Deletion.objects.create(
        job=job,
        state=DeletionState.SENDING,
        requested_by=alice,
        requested_by_label="Alice",
        created_at=timezone.now(),
        due_at=timezone.now(),
    )

    page = get_job(client_of(alice), job)

    assert "Alice asked to delete this model at DashScope." in page
    assert f'href="/jobs/{job.pk}/delete/"' not in page
    assert "hx-trigger" in page.split('id="job"')[1]


def test_a_conflict_is_put_to_a_person(
    client_of: ClientOf, alice: User, workspace: Workspace
) -> None:
    job = make_job(
        workspace, status=JobStatus.UNCONFIRMED, error_call="desk", error_code="conflict"
    )
    candidate = {"job_id": "im-1", "model_name": "qwen3-32b-offline-1", "status": "RUNNING"}
    make_attempt(job, state=AttemptState.CONFLICT, candidates=[candidate])

    page = get_job(client_of(alice), job)

    assert f'action="/jobs/{job.pk}/resolve/"' in page
    assert "qwen3-32b-offline-1" in page


def test_only_what_can_change_refreshes_itself(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    client = client_of(vera)
    young = make_job(workspace, status=JobStatus.RUNNING)
    old = make_job(
        workspace, status=JobStatus.RUNNING, created_at=timezone.now() - timedelta(hours=2)
    )
    done = make_job(workspace)

    pages = [get_job(client, job).split('id="job"')[1] for job in (young, old, done)]

    assert 'hx-trigger="every 3s"' in pages[0]
    assert 'hx-trigger="every 15s"' in pages[1]
    assert "hx-trigger" not in pages[2]


def test_a_refresh_is_304_until_something_changed(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.RUNNING)
    client = client_of(vera)
    version = re.search(r'id="refresh-(\w+)"', get_job(client, job))
    assert version
    headers = FRAGMENT | {"HTTP_IF_NONE_MATCH": f'"{version.group(1)}"'}

    unchanged = client.get(f"/jobs/{job.pk}/", **headers)
    ImportJob.objects.filter(pk=job.pk).update(status=JobStatus.FAILED)
    changed = client.get(f"/jobs/{job.pk}/", **headers)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert changed.content.decode().strip().startswith('<div id="job"')
    assert 'data-status="failed"' in changed.content.decode()


def test_the_number_of_queries_does_not_grow(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    client = client_of(vera)
    job = make_job(workspace)
    job.attempts.all()
    make_exchange(job, attempt=make_attempt(job))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_job(client, job)
        return len(captured)

    few = queries()
    for _ in range(5):
        attempt = make_attempt(job, state=AttemptState.NOT_SENT)
        make_exchange(job, attempt=attempt)
        make_exchange(job, call=Call.LIST)
        with audit.act(Actor(kind="worker", label="w")) as act:
            act.record(Verb.ATTEMPT_NOT_SENT, job)

    assert queries() <= few + 1  # personal values are asked for once there are events
