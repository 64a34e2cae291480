import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import actors
from jobs.choices import AttemptState, JobStatus, Role
from jobs.models import User, WorkerHeartbeat, Workspace
from jobs.services import members, overview, sessions
from tests.making import change, make_attempt, make_job, make_person

ClientOf = Callable[[User], Client]


def get(client: Client, url: str = "/") -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def tile(page: str, label: str) -> tuple[str, str, str]:
    """A tile's address, figure and note."""
    found = re.search(
        rf'<a class="tile" href="([^"]+)"><span>{label}</span><b[^>]*>([^<]+)</b><small>([^<]*)<',
        page,
    )
    assert found, label
    return found.group(1).replace("&amp;", "&"), found.group(2), found.group(3)


def refreshed(client: Client, page: str) -> HttpResponse:
    """What a browser that shows the page gets when it refreshes it."""
    version = re.search(r'id="refresh-([0-9a-f]+)"', page)
    assert version
    return client.get("/", headers={"HX-Request": "true", "If-None-Match": f'"{version[1]}"'})


def something_else_happens() -> None:
    sessions.sign_in_failed("nobody", actor=actors.command_line(), locked_out=False)


def test_its_figures_lead_to_their_jobs(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace)
    make_job(workspace, status=JobStatus.FAILED)
    make_job(workspace, status=JobStatus.RUNNING)
    make_attempt(make_job(workspace, status=JobStatus.UNCONFIRMED), state=AttemptState.CONFLICT)
    client = client_of(vera)

    page = get(client)

    assert tile(page, "Needs a person")[1:] == ("2", "1 to settle · 1 came to nothing")
    assert tile(page, "Open now")[1] == "2"
    assert tile(page, "Imported, 30 days")[1:] == ("1", "50.0 % of what ended")
    for label, count in (("Needs a person", 2), ("Open now", 2), ("Imported, 30 days", 1)):
        assert get(client, tile(page, label)[0]).count("<tr id=") == count


def test_every_link_leads_somewhere(client_of: ClientOf, alice: User, workspace: Workspace) -> None:
    for status in JobStatus.values:
        make_job(workspace, by=alice, status=status, remote_status="")
    client = client_of(alice)
    page = get(client)
    links = set(re.findall(r'href="(/[^"#]*)"', page[page.index("<main") :]))
    assert len(links) > 20

    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link


def test_an_error_is_named_with_its_fix_and_leads_to_its_jobs(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace, status=JobStatus.FAILED, display_name="Broken")
    client = client_of(vera)

    page = get(client)

    trouble = page[page.index('class="troubles') :]
    assert "The files in this directory are not what the importer accepts" in trouble
    assert "Correct the files" in trouble
    link = re.search(r'href="([^"]+)"', trouble)
    assert link
    assert "Broken" in get(client, link[1].replace("&amp;", "&"))


def test_what_came_to_nothing_since_the_last_visit_is_news(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    client = client_of(vera)
    make_job(workspace, status=JobStatus.FAILED, display_name="Old news")
    assert "since your last visit" not in get(client)

    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        make_job(workspace, status=JobStatus.FAILED, display_name="News")
        something_else_happens()
        pages = [get(client), get(client)]  # looking again does not make it old
        news = re.search(r'href="([^"]+)">1 since your last visit', pages[1])
        assert news
        found = get(client, news[1].replace("&amp;", "&"))

    assert tile(pages[0], "Needs a person")[2] == "1 new since your last visit"
    assert "News" in found
    assert "Old news" not in found


def test_a_visit_is_ones_own(client_of: ClientOf, vera: User, bob: User) -> None:
    client = client_of(vera)
    get(client)
    cookie = client.cookies["visit"].value
    other = client_of(bob)
    forged = client_of(vera)

    other.cookies["visit"] = cookie
    forged.cookies["visit"] = cookie.replace("/", "/1", 1)

    for each in (other, forged):
        with time_machine.travel(timezone.now() + timedelta(hours=3)):
            make_job(Workspace.objects.get(), status=JobStatus.FAILED)
            something_else_happens()
            assert "since your last visit" not in get(each)


@pytest.mark.parametrize(("imports", "slow"), [(20, 1), (19, 0)])
def test_an_import_that_takes_long_says_so_once_enough_others_ended(
    client_of: ClientOf, vera: User, workspace: Workspace, imports: int, slow: int
) -> None:
    now = timezone.now()
    for _ in range(imports):
        make_job(workspace, created_at=now - timedelta(hours=2), finished_at=now)
    make_job(workspace, status=JobStatus.RUNNING, created_at=now - timedelta(hours=1))
    client = client_of(vera)
    assert "Longer than" not in get(client)

    make_job(workspace, status=JobStatus.RUNNING, created_at=now - timedelta(hours=3))
    something_else_happens()

    assert get(client).count("Longer than") == slow


def test_the_first_visitor_is_told_the_first_steps(client_of: ClientOf, bob: User) -> None:
    page = get(client_of(bob))

    assert "Three steps to the first import" in page
    assert page.count('class="button primary" href="/jobs/new/"') == 2
    assert "Outcomes by day" not in page


def test_whoever_may_not_submit_is_not_asked_to(client_of: ClientOf, vera: User) -> None:
    page = get(client_of(vera))

    assert "Three steps to the first import" in page
    assert "/jobs/new/" not in page


def test_a_member_of_nothing_is_told_whom_to_ask(client_of: ClientOf, charlie: User) -> None:
    assert "You are not a member of any workspace yet" in get(client_of(charlie))


def test_old_jobs_are_no_reason_to_begin_anew(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace, created_at=timezone.now() - timedelta(days=90))

    page = get(client_of(vera))

    assert "Three steps" not in page
    assert tile(page, "Imported, 30 days")[1:] == ("0", "nothing ended yet")


def test_too_many_jobs_are_said_to_be_too_many(
    client_of: ClientOf, vera: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "MOST_JOBS", 2)
    for days in range(5):
        make_job(workspace, created_at=timezone.now() - timedelta(days=days))

    page = get(client_of(vera))

    assert "There are more imports than are counted here" in page
    assert tile(page, "Imported, 2 days")[1] == "2"


def test_the_machinery_is_told_by_itself_too(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(name="w", started_at=now, seen_at=now)
    Workspace.objects.update(last_heard_at=now, latency_ms=12)

    part = client_of(vera).get("/?machinery", headers={"HX-Request": "true"}).content.decode()

    assert part.strip().startswith('<section class="card" id="machinery"')
    assert "DashScope answered just now, in 12 ms" in part
    assert "No running worker holds DASHSCOPE_API_KEY" in part


def test_an_unchanged_refresh_takes_two_queries_and_no_page(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace)
    client = client_of(vera)
    get(client)  # a second visit; its cookie does not change any more
    page = get(client)

    with CaptureQueriesContext(connection) as queries:
        response = refreshed(client, page)

    assert (response.status_code, response.content) == (304, b"")
    assert len(queries) == 2


def test_an_event_that_shows_nowhere_here_renews_the_version_alone(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace)
    client = client_of(vera)
    page = get(client)
    something_else_happens()

    response = refreshed(client, page)

    assert response["HX-Retarget"] == "#refresh"
    assert len(response.content) < 1024
    assert refreshed(client, response.content.decode()).status_code == 304


def test_news_comes_as_the_part_that_changes(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    client = client_of(vera)
    page = get(client)
    make_job(workspace, status=JobStatus.FAILED, display_name="News")
    something_else_happens()

    part = refreshed(client, page).content.decode()

    assert part.strip().startswith('<div id="overview"')
    assert "News" in part


@pytest.mark.parametrize("jobs", [1, 40])
def test_the_number_of_queries_does_not_grow(
    client_of: ClientOf, workspace: Workspace, jobs: int
) -> None:
    person = make_person("olga", Role.VIEWER, workspace)
    other = Workspace.objects.create(slug="other", name="Other")
    members.add(other, person, Role.VIEWER, actor=actors.command_line())
    for number in range(jobs):
        for status in JobStatus.values:
            make_job((workspace, other)[number % 2], status=status, remote_status="")
    client = client_of(person)
    get(client)
    change(make_job(workspace))

    with CaptureQueriesContext(connection) as queries:
        get(client)
    with CaptureQueriesContext(connection) as queries_of_a_quiet_hour:
        get(client)

    assert (len(queries), len(queries_of_a_quiet_hour)) == (16, 7)
