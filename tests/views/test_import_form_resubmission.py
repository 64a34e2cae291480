from collections.abc import Callable

import pytest
from django.test import Client

from jobs.choices import JobStatus, Role
from jobs.models import AuditEvent, ImportJob, User, Workspace
from tests.making import make_job
from tests.views.form_posts import form_post, token_in

ClientOf = Callable[[User], Client]


@pytest.fixture
def failed(workspace: Workspace, alice: User) -> ImportJob:
    """Alice's job that DashScope took and could not import."""
    return make_job(
        workspace,
        by=alice,
        status=JobStatus.FAILED,
        display_name="Ticket router",
        object_key="support/router-r48/",
    )


@pytest.mark.parametrize("status", ["rejected", "failed", "not_created"])
def test_it_fills_the_form_from_a_job_that_came_to_nothing(
    client_of: ClientOf, bob: User, workspace: Workspace, status: str
) -> None:
    job = make_job(workspace, status=status, display_name="Ticket router", weight_type="full")

    page = client_of(bob).get(f"/jobs/{job.pk}/resubmit/").content.decode()

    assert 'name="display_name" value="Ticket router"' in page
    assert f'name="object_key" value="{job.object_key}"' in page
    assert 'value="full" id="id_weight_type_1" checked' in page


def test_it_explains_above_the_form_what_went_wrong(
    client_of: ClientOf, bob: User, failed: ImportJob
) -> None:
    page = client_of(bob).get(f"/jobs/{failed.pk}/resubmit/").content.decode()

    before_form = page.split('id="import-form"')[0]
    assert "The files in this directory are not what the importer accepts" in before_form
    assert "AvailableModelFileNotFound" in before_form
    assert f'href="/jobs/{failed.pk}/"' in before_form


def test_it_makes_a_new_job_of_whoever_corrects_it_that_links_back(
    client_of: ClientOf, bob: User, failed: ImportJob
) -> None:
    response = client_of(bob).post(
        f"/jobs/{failed.pk}/resubmit/", form_post(object_key="support/router-r32/")
    )

    job = ImportJob.objects.exclude(pk=failed.pk).get()
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert (job.resubmission_of, job.submitted_by) == (failed, bob)
    assert AuditEvent.objects.filter(verb="job.resubmitted", actor_user_id=bob.pk).count() == 1


def test_it_leads_to_the_same_job_however_often_it_is_posted(
    client_of: ClientOf, bob: User, failed: ImportJob
) -> None:
    client = client_of(bob)
    posted = form_post(form_token=token_in(client.get(f"/jobs/{failed.pk}/resubmit/")))

    addresses = {client.post(f"/jobs/{failed.pk}/resubmit/", posted)["Location"] for _ in "ab"}

    assert addresses == {f"/jobs/{ImportJob.objects.exclude(pk=failed.pk).get().pk}/"}


def test_it_marks_what_was_changed(client_of: ClientOf, bob: User, failed: ImportJob) -> None:
    page = (
        client_of(bob)
        .post(
            f"/jobs/{failed.pk}/resubmit/",
            form_post(
                preview="1",
                display_name="Ticket router",
                object_key="support/router-r32/",
            ),
        )
        .content.decode()
    )

    marks = page.split('class="tag changed"')[1:]
    assert [mark.startswith(">") for mark in marks] == [False, False, False, False, True]
    assert 'Was: <span class="mono break">support/router-r48/</span>' in page
    assert f'action="/jobs/{failed.pk}/' not in page
    assert ImportJob.objects.get() == failed


@pytest.mark.parametrize("status", ["queued", "unconfirmed", "pending", "running", "succeeded"])
def test_it_explains_why_another_job_cannot_be_resubmitted(
    client_of: ClientOf, bob: User, workspace: Workspace, status: str
) -> None:
    job = make_job(workspace, status=status)
    client = client_of(bob)

    for response in (
        client.get(f"/jobs/{job.pk}/resubmit/"),
        client.post(f"/jobs/{job.pk}/resubmit/", form_post()),
    ):
        assert response.status_code == 409
        assert "This job cannot be resubmitted" in response.content.decode()
    assert ImportJob.objects.get() == job


def test_it_tells_a_reader_who_can(client_of: ClientOf, vera: User, failed: ImportJob) -> None:
    client = client_of(vera)

    assert client.get(f"/jobs/{failed.pk}/resubmit/").status_code == 403
    answer = client.post(f"/jobs/{failed.pk}/resubmit/", form_post())
    assert answer.status_code == 403
    assert "Alice" in answer.content.decode()
    assert ImportJob.objects.get() == failed


def test_a_stranger_learns_nothing(client_of: ClientOf, charlie: User, failed: ImportJob) -> None:
    client = client_of(charlie)

    assert client.get(f"/jobs/{failed.pk}/resubmit/").status_code == 404
    assert client.post(f"/jobs/{failed.pk}/resubmit/", form_post()).status_code == 404
    assert client.get(f"/jobs/{10**30}/resubmit/").status_code == 404


def test_it_stays_in_the_workspace_of_the_job(
    client_of: ClientOf, bob: User, failed: ImportJob
) -> None:
    second = Workspace.objects.create(slug="second", name="Second")
    second.memberships.create(user=bob, role=Role.SUBMITTER)

    page = (
        client_of(bob)
        .post(f"/jobs/{failed.pk}/resubmit/", form_post(workspace="second"))
        .content.decode()
    )

    assert "Choose one of the workspaces that you may submit to." in page
    assert ImportJob.objects.get() == failed
