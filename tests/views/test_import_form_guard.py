from collections.abc import Callable

import pytest
from django.test import Client

from jobs.choices import JobStatus
from jobs.models import AuditEvent, ImportJob, User, Workspace
from tests.making import make_job
from tests.views.form_posts import form_post, token_in

ClientOf = Callable[[User], Client]
SAME = {"bucket_name": "acme-models", "object_key": "cs/intent-v8/"}


@pytest.fixture
def earlier(workspace: Workspace, alice: User) -> ImportJob:
    """Alice's running job with the weights that form_post() has."""
    return make_job(workspace, by=alice, status=JobStatus.RUNNING, **SAME)


def test_it_shows_who_submitted_the_same_weights_and_asks_for_a_reason(
    client_of: ClientOf, bob: User, earlier: ImportJob
) -> None:
    posted = form_post()

    response = client_of(bob).post("/jobs/new/", posted)
    page = response.content.decode()

    assert "Alice submitted the same weights" in page
    assert "Running" in page
    assert f'<a href="/jobs/{earlier.pk}/">{earlier.label}</a>' in page
    assert 'name="allow_duplicate"' in page
    assert 'name="reason"' in page
    assert 'value="客服意图 LoRA v8"' in page
    assert token_in(response) == posted["form_token"]
    assert ImportJob.objects.get() == earlier


def test_it_submits_anyway_with_a_reason_that_the_history_keeps(
    client_of: ClientOf, bob: User, earlier: ImportJob
) -> None:
    response = client_of(bob).post(
        "/jobs/new/", form_post(allow_duplicate="on", reason=" The files were replaced. ")
    )

    job = ImportJob.objects.exclude(pk=earlier.pk).get()
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert job.duplicate_reason == "The files were replaced."
    assert AuditEvent.objects.filter(verb="guard.overridden", job_id=job.pk).count() == 1


def test_it_insists_on_the_reason(client_of: ClientOf, bob: User, earlier: ImportJob) -> None:
    page = client_of(bob).post("/jobs/new/", form_post(allow_duplicate="on")).content.decode()

    assert "Say why the same weights are imported once more." in page
    assert 'aria-describedby="guard-heading"' in page
    assert "checked" in page.split('name="allow_duplicate"')[1].split(">")[0]
    assert "Alice submitted the same weights" in page
    assert ImportJob.objects.get() == earlier


def test_it_keeps_tick_and_reason_while_another_field_is_corrected(
    client_of: ClientOf, bob: User, earlier: ImportJob
) -> None:
    page = (
        client_of(bob)
        .post("/jobs/new/", form_post(allow_duplicate="on", reason="New files.", bucket_name="A"))
        .content.decode()
    )

    assert "checked" in page.split('name="allow_duplicate"')[1].split(">")[0]
    assert 'name="reason" value="New files."' in page


def test_it_warns_on_the_preview_already(
    client_of: ClientOf, bob: User, earlier: ImportJob
) -> None:
    page = client_of(bob).post("/jobs/new/", form_post(preview="1")).content.decode()

    assert "Alice submitted the same weights" in page
    assert "/api/v1/custom_models/import" in page


def test_it_shows_a_reason_that_cannot_be_kept_at_its_field(
    client_of: ClientOf, bob: User, earlier: ImportJob
) -> None:
    page = (
        client_of(bob)
        .post("/jobs/new/", form_post(allow_duplicate="on", reason="x" * 1001))
        .content.decode()
    )

    assert "A reason has at most 1000 characters" in page
    assert 'id="id_reason_error"' in page
    assert ImportJob.objects.get() == earlier


@pytest.mark.parametrize("status", ["rejected", "failed", "not_created"])
def test_it_lets_weights_through_that_came_to_nothing_before(
    client_of: ClientOf, bob: User, workspace: Workspace, status: str
) -> None:
    make_job(workspace, status=status, **SAME)

    assert client_of(bob).post("/jobs/new/", form_post()).status_code == 302
