import re
from collections.abc import Callable

import pytest
from django.test import Client

from jobs.choices import Role
from jobs.models import SavedView, User, Workspace
from tests.views.job_pages import get

ClientOf = Callable[[User], Client]
QUERY = "status=failed&submitter=bob"


def save(client: Client, name: str = "Bob's failures", **fields: str) -> str:
    fields = {"name": name, "query": QUERY, "workspace": "main"} | fields
    response = client.post("/jobs/views/", fields)
    assert response.status_code == 302
    return response["Location"]


def test_one_saves_and_everyone_has_it(
    client_of: ClientOf, bob: User, vera: User, workspace: Workspace
) -> None:
    client = client_of(bob)
    page = get(client, f"/jobs/?{QUERY}")
    kept = re.search(r'name="query" value="([^"]+)"', page)
    assert kept

    address = save(client, query=kept[1].replace("&amp;", "&"))
    shown = get(client_of(vera))
    there = get(client_of(vera), address)

    assert address == f"/jobs/?{QUERY}"
    link = f'<a href="/jobs/?{QUERY.replace("&", "&amp;")}"'
    assert link in shown
    assert f'{link} aria-current="true"' in there
    assert "Save as a view" not in there


def test_only_filters_make_a_view(client_of: ClientOf, bob: User) -> None:
    assert "Save as a view" not in get(client_of(bob))
    assert "Save as a view" in get(client_of(bob), "/jobs/?sort=oldest")


def test_whoever_may_only_read_is_not_offered_to_save(client_of: ClientOf, vera: User) -> None:
    client = client_of(vera)

    assert "Save as a view" not in get(client, f"/jobs/?{QUERY}")
    fields = {"name": "x", "query": QUERY, "workspace": "main"}
    assert client.post("/jobs/views/", fields).status_code == 403


def test_what_is_wrong_with_a_name_is_said(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)
    save(client)

    page = get(client, save(client))

    assert "There is a view of this name" in page
    assert SavedView.objects.count() == 1


def test_the_view_on_show_can_be_removed(client_of: ClientOf, bob: User, vera: User) -> None:
    client = client_of(bob)
    address = save(client)
    assert "Remove this view" not in get(client_of(vera), address)
    assert "Remove this view" not in get(client)
    view = SavedView.objects.get()

    assert "Remove this view" in get(client, address)
    response = client.post(f"/jobs/views/{view.pk}/remove/", {"next": "/jobs/"})

    assert response["Location"] == "/jobs/"
    assert not SavedView.objects.exists()


def test_somebody_elses_view_stays(client_of: ClientOf, alice: User, bob: User) -> None:
    save(client_of(alice))
    view = SavedView.objects.get()

    assert client_of(bob).post(f"/jobs/views/{view.pk}/remove/").status_code == 403


@pytest.mark.parametrize("workspace_slug", ["lab", "", "no-such"])
def test_views_of_other_workspaces_are_not_there(
    client_of: ClientOf, bob: User, alice: User, workspace: Workspace, workspace_slug: str
) -> None:
    lab = Workspace.objects.create(slug="lab", name="Lab")
    lab.memberships.create(user=alice, role=Role.ADMIN)
    save(client_of(alice), "Secret view", workspace="lab")
    view = SavedView.objects.get()
    client = client_of(bob)

    assert "Secret view" not in get(client)
    fields = {"name": "x", "query": QUERY, "workspace": workspace_slug}
    assert client.post("/jobs/views/", fields).status_code == 404
    assert client.post(f"/jobs/views/{view.pk}/remove/").status_code == 404
