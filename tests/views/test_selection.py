import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.choices import DutyKind, JobStatus, Role, Verb
from jobs.models import AuditEvent, Deletion, Duty, ImportJob, User, Workspace
from tests.making import make_job
from tests.views.job_pages import get, text_of

ClientOf = Callable[[User], Client]
NEXT = "/jobs/?status=failed"


def press(client: Client, act: str, *jobs: ImportJob | str) -> Any:
    picked = [str(job.pk) if isinstance(job, ImportJob) else job for job in jobs]
    return client.post("/jobs/selection/", {"act": act, "job": picked, "next": NEXT})


def test_without_a_selection_it_says_how_to_select(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)

    response = press(client, "export")

    assert response["Location"] == NEXT
    assert "Select the jobs first" in get(client)


@pytest.mark.parametrize("picked", ["x", "-1", "9" * 30, "１"])
def test_no_number_breaks_the_selection(client_of: ClientOf, bob: User, picked: str) -> None:
    assert press(client_of(bob), "export", picked)["Location"] == NEXT


def test_an_unknown_button_is_refused(client_of: ClientOf, bob: User, workspace: Workspace) -> None:
    assert press(client_of(bob), "burn", make_job(workspace)).status_code == 400


def test_everyone_exports_what_they_see(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    elsewhere = Workspace.objects.create(slug="else", name="Elsewhere")
    jobs = [make_job(workspace), make_job(workspace), make_job(elsewhere)]

    response = press(client_of(vera), "export", *jobs)

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    exported = [row["id"] for row in csv.DictReader(io.StringIO(text))]
    assert exported == [str(jobs[1].pk), str(jobs[0].pk)]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="import-jobs-')


def test_looking_now_makes_the_next_sweep_due(
    client_of: ClientOf, bob: User, workspace: Workspace
) -> None:
    duty = Duty.objects.get(kind=DutyKind.FOLLOW)
    Duty.objects.update(due_at=timezone.now() + timedelta(hours=1))
    client = client_of(bob)

    response = press(client, "follow", make_job(workspace, status=JobStatus.RUNNING))

    duty.refresh_from_db()
    assert response["Location"] == NEXT
    assert duty.due_at <= timezone.now()
    assert AuditEvent.objects.filter(verb=Verb.SWEEP_ASKED, actor_user_id=bob.pk).count() == 1
    assert "DashScope is asked now" in get(client)


def test_there_is_nothing_to_look_for_in_what_ended(
    client_of: ClientOf, bob: User, workspace: Workspace
) -> None:
    client = client_of(bob)

    press(client, "follow", make_job(workspace))

    assert "None of these is open" in get(client)
    assert not AuditEvent.objects.filter(verb=Verb.SWEEP_ASKED).exists()


def test_whoever_may_only_read_can_export_alone(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace, status=JobStatus.RUNNING)
    client = client_of(vera)

    page = get(client)

    assert 'value="export"' in page
    assert 'value="delete"' not in page
    assert press(client, "follow", job).status_code == 403


def test_deleting_asks_once_for_all_that_are_listed(
    client_of: ClientOf, alice: User, workspace: Workspace
) -> None:
    going = [make_job(workspace, display_name=f"Going {n}") for n in range(2)]
    running = make_job(workspace, status=JobStatus.RUNNING, display_name="Running one")
    gone = make_job(workspace, gone_at=timezone.now(), display_name="Gone one")
    client = client_of(alice)

    response = press(client, "delete", *going, running, gone)
    page = get(client, response["Location"])
    fields = {"job": [job.pk for job in (*going, running, gone)], "next": NEXT}
    wrong = client.post("/jobs/delete/", fields | {"confirm": "delete 4"})
    assert not Deletion.objects.exists()
    done = client.post("/jobs/delete/", fields | {"confirm": "Delete  2", "reason": "Old."})

    text = text_of(page)
    assert "Delete 2 models at DashScope" in text
    assert "Going 0" in text
    assert "2 of the selected jobs are not deleted" in text
    assert "Running one : its status is Running" in text
    assert "Gone one : it is no longer there" in text
    assert "Type “delete 2”" in wrong.content.decode()
    assert done["Location"] == NEXT
    assert sorted(Deletion.objects.values_list("job", "reason_given")) == [
        (job.pk, "Old.") for job in going
    ]
    assert "asked to delete 2 models" in get(client)


def test_a_submitter_deletes_only_their_own(
    client_of: ClientOf, alice: User, bob: User, workspace: Workspace
) -> None:
    own, other = make_job(workspace, by=bob), make_job(workspace, by=alice)
    client = client_of(bob)
    fields = {"job": [own.pk, other.pk], "confirm": "delete 1"}

    page = get(client, f"/jobs/delete/?job={own.pk}&job={other.pk}")
    client.post("/jobs/delete/", fields)

    assert "your role covers only what you submitted yourself" in page
    assert [deletion.job for deletion in Deletion.objects.all()] == [own]


def test_nothing_left_to_delete_is_said(
    client_of: ClientOf, alice: User, workspace: Workspace
) -> None:
    job = make_job(workspace, deleted_at=timezone.now())
    being_deleted = make_job(workspace)
    client = client_of(alice)
    client.post("/jobs/delete/", {"job": [being_deleted.pk], "confirm": "delete 1"})

    response = client.get(f"/jobs/delete/?job={job.pk}&job={being_deleted.pk}")

    assert response.status_code == 409
    text = text_of(response.content.decode())
    assert "it was deleted there already" in text
    assert "it is being deleted" in text
    assert "This cannot be undone" not in text


def test_a_strangers_jobs_are_not_there(
    client_of: ClientOf, charlie: User, workspace: Workspace
) -> None:
    job = make_job(workspace)

    response = client_of(charlie).get(f"/jobs/delete/?job={job.pk}")

    assert response.status_code == 302
    assert not Deletion.objects.exists()


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow(
    client_of: ClientOf, workspace: Workspace, alice: User, count: int
) -> None:
    lab = Workspace.objects.create(slug="lab", name="Lab")
    lab.memberships.create(user=alice, role=Role.ADMIN)
    jobs = [make_job((workspace, lab)[n % 2]) for n in range(count)]
    query = "&".join(f"job={job.pk}" for job in jobs)
    client = client_of(alice)

    with CaptureQueriesContext(connection) as queries:
        get(client, f"/jobs/delete/?{query}")

    assert len(queries) == 6
