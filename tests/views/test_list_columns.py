import re
from collections.abc import Callable

import pytest
from django.test import Client

from jobs.models import User, Workspace
from jobs.views.list_columns import COLUMNS
from tests.making import make_job
from tests.views.job_pages import get

ClientOf = Callable[[User], Client]


def headings(page: str) -> list[str]:
    table = page[page.index("<thead") : page.index("</thead")]
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<th[^>]*>(.*?)</th>", table)][1:]


def choose(client: Client, *columns: str, **fields: str) -> None:
    fields = {"next": "/jobs/?status=succeeded"} | fields
    response = client.post("/preferences/columns/", {"column": columns} | fields)
    assert response["Location"] == "/jobs/?status=succeeded"


def test_the_usual_columns_are_there_unasked(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace)

    assert headings(get(client_of(vera))) == [
        "Status",
        "Model",
        "Base model",
        "Bucket and path",
        "Submitted by",
        "Age",
    ]


def test_the_chosen_ones_stay_in_their_order(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    job = make_job(workspace)
    client = client_of(vera)

    choose(client, "took", "job_id", "workspace", "nonsense")
    page = get(client)

    assert headings(page) == ["Status", "Model", "Workspace", "Job at DashScope", "Took"]
    assert job.remote_job_id in page
    assert page.count("under 1 s") == 1
    assert "acme-models" not in page
    checked = re.findall(r'name="column" value="(\w+)" checked', page)
    assert checked == ["workspace", "job_id", "took"]


def test_none_is_a_choice_and_the_usual_ones_come_back(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace)
    client = client_of(vera)

    choose(client)
    assert headings(get(client)) == ["Status", "Model"]
    choose(client, "took", usual="1")

    assert len(headings(get(client))) == 6


@pytest.mark.parametrize("cookie", ["", "x", "base.base", "took;" * 900])
def test_no_cookie_breaks_the_list(
    client_of: ClientOf, vera: User, workspace: Workspace, cookie: str
) -> None:
    make_job(workspace)
    client = client_of(vera)
    client.cookies["columns"] = cookie

    assert 2 <= len(headings(get(client))) <= 2 + len(COLUMNS)


def test_a_heading_sorts(client_of: ClientOf, vera: User, workspace: Workspace) -> None:
    make_job(workspace)
    client = client_of(vera)

    page = get(client, "/jobs/?q=support")
    assert 'aria-sort="ascending"><a href="/jobs/?q=support&amp;sort=oldest">Age' in page
    assert 'aria-sort="descending"' in get(client, "/jobs/?sort=oldest")
    assert 'aria-sort="ascending"><a href="/jobs/?sort=status">Status' in get(
        client, "/jobs/?sort=status"
    )
