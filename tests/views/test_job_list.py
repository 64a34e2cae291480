import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.choices import JobStatus, Role
from jobs.models import ImportJob, User, Workspace
from jobs.services import list_facts, listed_jobs, searching
from jobs.views import job_filters, job_list, rows
from tests.making import change, make_job
from tests.views.job_pages import FRAGMENT, SCRIPT, get, names

ClientOf = Callable[[User], Client]


def test_it_shows_the_newest_first(client_of: ClientOf, vera: User, workspace: Workspace) -> None:
    now = timezone.now()
    for days in (2, 0, 1):
        make_job(workspace, display_name=f"{days} days", created_at=now - timedelta(days=days))

    page = get(client_of(vera))

    assert names(page) == ["0 days", "1 days", "2 days"]


def test_a_row_says_what_was_imported_where_and_by_whom(
    client_of: ClientOf, vera: User, bob: User, workspace: Workspace
) -> None:
    make_job(workspace, by=bob, display_name="客服意图", object_key="cs/意图/", weight_type="full")

    page = get(client_of(vera))

    for text in ("客服意图", "qwen3-32b", "full", "acme-models", "cs/意图/", "Bob", "Succeeded"):
        assert text in page
    assert 'data-status="succeeded"' in page


def test_a_job_made_elsewhere_says_so(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace, origin="discovered", base_model_inferred=True)

    page = get(client_of(vera))

    assert "made elsewhere" in page
    assert "inferred" in page


def test_a_failed_row_says_why_and_what_to_do(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace, status=JobStatus.FAILED)

    page = get(client_of(vera))

    assert "The files in this directory are not what the importer accepts" in page
    assert "Correct the files" in page
    assert "AvailableModelFileNotFound" in page


@pytest.mark.parametrize("status", JobStatus.values)
def test_each_status_is_word_icon_and_colour(
    client_of: ClientOf, vera: User, workspace: Workspace, status: str
) -> None:
    make_job(workspace, status=status, remote_status="")

    page = get(client_of(vera))

    row = page[page.index(f'data-status="{status}"') :]
    assert re.search(r'class="pill tone-\w+"><svg class="icon[^>]*><use href="#i-\w+"/>', row)
    assert f"</svg>{JobStatus(status).label}</span>" in row
    icon = re.search(r'href="#(i-\w+)"', row)
    assert icon
    assert f'id="{icon.group(1)}"' in page


def test_an_unknown_word_of_dashscope_is_shown_as_it_came(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace, status=JobStatus.OTHER, remote_status="HIBERNATING")

    page = get(client_of(vera))

    assert "HIBERNATING" in page
    assert 'data-status="other"' in page


@pytest.mark.parametrize(
    "field",
    [
        "display_name",
        "base_model",
        "bucket_name",
        "object_key",
        "generated_model_name",
        "submitted_by_label",
        "error_code",
        "error_message",
        "remote_status",
    ],
)
def test_markup_in_a_field_is_shown_as_text(
    client_of: ClientOf, vera: User, workspace: Workspace, field: str
) -> None:
    job = make_job(workspace, status=JobStatus.OTHER, error_call="import", error_code="Odd")
    ImportJob.objects.filter(pk=job.pk).update(**{field: SCRIPT})

    page = get(client_of(vera))

    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


def test_jobs_of_other_workspaces_are_not_there(
    client_of: ClientOf, vera: User, charlie: User, workspace: Workspace
) -> None:
    elsewhere = Workspace.objects.create(slug="else", name="Elsewhere")
    make_job(workspace, display_name="Ours")
    make_job(elsewhere, display_name="Theirs")

    assert names(get(client_of(vera))) == ["Ours"]
    assert names(get(client_of(charlie))) == []


def test_someone_who_is_not_signed_in_is_sent_to_sign_in(client: Client, db: None) -> None:
    response = client.get("/jobs/?status=failed")

    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/jobs/%3Fstatus%3Dfailed"


def test_only_who_may_submit_is_invited_to(client_of: ClientOf, vera: User, bob: User) -> None:
    assert 'href="/jobs/new/"' in get(client_of(bob))
    assert 'href="/jobs/new/"' not in get(client_of(vera))


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_an_empty_list_invites_to_the_first_import(
    client_of: ClientOf, bob: User, charlie: User, headers: dict[str, str]
) -> None:
    assert "Submit the first import" in get(client_of(bob), **headers)
    assert "You are not a member of any workspace yet" in get(client_of(charlie), **headers)


def test_no_match_offers_to_clear_the_filters(
    client_of: ClientOf, bob: User, workspace: Workspace
) -> None:
    make_job(workspace)

    page = get(client_of(bob), "/jobs/?q=nothing-like-this")

    assert "No job matches" in page
    assert '<a class="button" href="/jobs/">Clear the filters</a>' in page


def test_a_stranger_reads_that_they_are_no_member(client_of: ClientOf, charlie: User) -> None:
    assert "not a member of any workspace" in get(client_of(charlie))


def test_filters_stay_in_the_chips_and_the_pages(
    client_of: ClientOf, vera: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_list, "PAGE_SIZE", 1)
    for _ in range(2):
        make_job(workspace, display_name="Tone")

    page = get(client_of(vera), "/jobs/?q=tone&base_model=qwen3-32b")

    chips = re.findall(r'href="(/jobs/\?[^"]*status=failed[^"]*)"', page)
    older = re.findall(r'rel="next" href="([^"]+)"', page)
    assert all("q=tone" in url and "base_model=qwen3-32b" in url for url in chips + older)
    assert (len(chips), len(older)) == (1, 1)


def test_what_was_typed_stays_in_the_bar(client_of: ClientOf, vera: User) -> None:
    page = get(
        client_of(vera), "/jobs/?q=%22x%22&status=rejected&base_model=qwen3-8b&since=2026-01-31"
    )

    assert 'name="q" value="&quot;x&quot;"' in page
    assert '<option value="rejected" selected>' in page
    assert 'value="2026-01-31"' in page
    assert '<details class="more">' in page


def test_what_is_set_can_be_removed_alone(
    client_of: ClientOf, vera: User, bob: User, workspace: Workspace
) -> None:
    page = get(
        client_of(vera),
        "/jobs/?q=tone&status=unsuccessful&submitter=bob&workspace=main&base_model=qwen3-8b"
        "&weight_type=full&since=2026-01-31&until=2026-02-01&ended_since=2026-01-31&sort=oldest",
    )

    narrowings = re.findall(
        r'<span>([^<:]+): <b>([^<]*)</b></span><a href="([^"]+)"', page.replace("&amp;", "&")
    )
    assert [(label, value) for label, value, _url in narrowings] == [
        ("Status", "Came to nothing"),
        ("Text", "tone"),
        ("Person", "Bob"),
        ("Workspace", "Model Studio"),
        ("Base model", "qwen3-8b"),
        ("Tuning type", "Full-parameter"),
        ("From day", "2026-01-31"),
        ("To day", "2026-02-01"),
        ("Ended since", "2026-01-31"),
    ]
    for place, name in enumerate(job_filters.FILTERS):
        address = narrowings[place][2]
        assert f"{name}=" not in address.replace("ended_since", "" if name == "since" else "-")
        assert address.count("=") == 9


def test_a_wrong_filter_is_named_and_ignored(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace, display_name="Here")

    page = get(client_of(vera), "/jobs/?status=sleeping&since=yesterday&until=2026-13-01")

    assert "There is no status of this name." in page
    assert page.count("Write a day as 2026-01-31") == 2
    assert names(page) == ["Here"]


@pytest.mark.parametrize("text", ["%00", "a" * 5000, "%F0%9F%98%80", "' OR 1=1 --", "100%25_"])
def test_no_text_breaks_the_search(client_of: ClientOf, vera: User, text: str) -> None:
    get(client_of(vera), f"/jobs/?q={text}&submitter={text}&workspace={text}&base_model={text}")


def test_pages_neither_skip_nor_repeat_while_jobs_arrive(
    client_of: ClientOf, vera: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_list, "PAGE_SIZE", 3)
    same_moment = timezone.now() - timedelta(hours=1)
    for number in range(8):
        make_job(workspace, display_name=f"old {number}", created_at=same_moment)
    client, url, seen = client_of(vera), "/jobs/", []

    while url:
        page = get(client, url)
        seen += names(page)
        make_job(workspace, display_name="new")
        older = re.search(r'rel="next" href="([^"]+)"', page)
        url = older.group(1).replace("&amp;", "&") if older else ""

    assert seen == [f"old {number}" for number in range(7, -1, -1)]


def test_newer_leads_back_to_the_page_before(
    client_of: ClientOf, vera: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_list, "PAGE_SIZE", 2)
    now = timezone.now()
    for number in range(6):
        make_job(workspace, display_name=str(number), created_at=now + timedelta(seconds=number))
    client = client_of(vera)

    def follow(page: str, rel: str) -> str:
        link = re.search(f'rel="{rel}" href="([^"]+)"', page)
        assert link
        return get(client, unescape(link.group(1)))

    second = follow(get(client), "next")
    third = follow(second, "next")
    back = follow(third, "prev")

    assert (names(second), names(third), names(back)) == (["3", "2"], ["1", "0"], ["3", "2"])
    assert names(follow(back, "prev")) == ["5", "4"]
    assert 'rel="next"' not in third


@pytest.mark.parametrize("cursor", ["x", "older-1", "up-1-1", "older-1-99999999999999999999"])
def test_a_damaged_cursor_leads_to_the_first_page(
    client_of: ClientOf, vera: User, cursor: str
) -> None:
    response = client_of(vera).get(f"/jobs/?status=open&cursor={cursor}")

    assert (response.status_code, response["Location"]) == (302, "/jobs/?status=open")


def test_who_looks_for_two_letters_is_told_how_far_back_that_reaches(
    client_of: ClientOf, bob: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_job(workspace, display_name="客服 needle")
    told = "looked for in the newest"
    assert told not in client_of(bob).get("/jobs/?q=客服").text
    monkeypatch.setattr(searching, "SHORT_TERMS_REACH", 1)
    listed_jobs.within.cache_clear()

    assert told in client_of(bob).get("/jobs/?q=客服").text
    assert told in client_of(bob).get("/jobs/?q=zz").text
    assert told not in client_of(bob).get("/jobs/?q=客服 needle").text
    assert told not in client_of(bob).get("/jobs/").text


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_the_number_of_queries_does_not_grow(
    client_of: ClientOf, vera: User, bob: User, workspace: Workspace, headers: dict[str, str]
) -> None:
    client = client_of(vera)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get(client, **headers)
        return len(captured)

    for status in JobStatus.values:
        job = make_job(workspace, status=status, by=bob, remote_status="")
    few = queries()
    for number in range(80):
        make_job(workspace, status=JobStatus.values[number % 10], by=bob, remote_status="")
    change(job, looked_at=timezone.now())

    assert queries() == few
    assert few <= (4 if headers else 9)
    if not headers:
        assert queries() == 5, "while nothing happens, the rows and the frame alone are read"


def test_it_counts_what_is_open_and_what_needs_a_person(
    client_of: ClientOf, vera: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_facts, "MOST_COUNTED", 3)
    monkeypatch.setattr(rows, "MOST_COUNTED", 3)
    failed = [make_job(workspace, status=JobStatus.FAILED) for _ in range(3)]
    make_job(workspace, status=JobStatus.RUNNING)
    client = client_of(vera)

    before = get(client)
    change(make_job(workspace, resubmission_of=failed[0]))
    after = get(client)

    assert "Needs a person<b>2+</b>" in before
    assert "Needs a person<b>2</b>" in after
    assert "Open<b>1</b>" in before


def test_several_workspaces_can_be_told_apart(
    client_of: ClientOf, alice: User, workspace: Workspace
) -> None:
    second = Workspace.objects.create(slug="lab", name="Lab")
    second.memberships.create(user=alice, role=Role.ADMIN)
    make_job(workspace, display_name="First")
    make_job(second, display_name="Second")

    page = get(client_of(alice), "/jobs/?workspace=lab")

    assert names(page) == ["Second"]
    assert '<option value="lab" selected>Lab</option>' in page


def test_a_row_that_stays_as_it_is_grows_older(
    client_of: ClientOf, vera: User, workspace: Workspace
) -> None:
    make_job(workspace)
    client = client_of(vera)

    ages = []
    for minutes in (0, 1, 5):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
            ages += re.findall(r"data-age>([^<]*)<", get(client))

    assert ages == ["now", "1 min", "5 min"]


def test_times_are_the_readers_own(client_of: ClientOf, vera: User, workspace: Workspace) -> None:
    at = timezone.now().replace(year=2026, month=1, day=31, hour=20, minute=5, second=6)
    make_job(workspace, created_at=at)
    client = client_of(vera)
    client.cookies["tz"] = "Asia/Shanghai"

    page = get(client)

    assert 'title="2026-02-01 04:05:06 UTC+8"' in page
    assert "times in Asia/Shanghai (UTC+8)" in page


def test_only_reading_is_allowed(client_of: ClientOf, vera: User) -> None:
    assert client_of(vera).post("/jobs/").status_code == 405
