from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import User, WorkerHeartbeat, Workspace

ClientOf = Callable[[User], Client]


def get(client: Client, url: str = "/jobs/", **headers: str) -> str:
    return client.get(url, **headers).content.decode()


def set_health(workspace: Workspace, **fields: Any) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(**fields)


def test_it_marks_where_one_is(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)

    assert '<a href="/jobs/" aria-current="page"' in get(client)
    assert '<a href="/jobs/new/" aria-current="page"' in get(client, "/jobs/new/")


def test_it_says_who_is_signed_in_and_as_what(client_of: ClientOf, bob: User) -> None:
    page = get(client_of(bob))

    assert "<b>Bob</b><small>Submitter</small>" in page


def test_it_has_landmarks_a_skip_link_and_a_live_region(client_of: ClientOf, bob: User) -> None:
    page = get(client_of(bob))

    assert 'href="#main">Skip to the content</a>' in page
    assert '<main class="main" id="main"' in page
    assert 'id="announcements" role="status"' in page
    assert '<nav class="nav" aria-label="Main">' in page


def test_nothing_is_styled_or_scripted_inside_the_page(client_of: ClientOf, bob: User) -> None:
    response = client_of(bob).get("/jobs/")

    page = response.content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert "<style" not in page
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_the_demo_says_on_every_page_that_it_is_one(
    client: Client, client_of: ClientOf, bob: User, settings: Any
) -> None:
    settings.DEMO = True
    said = "nothing reaches Alibaba Cloud"

    assert said in get(client, "/accounts/login/")
    assert said in get(client, "/no-such-page/")
    assert said in get(client_of(bob))


def test_outside_the_demo_it_says_nothing_of_it(client_of: ClientOf, bob: User) -> None:
    assert "Alibaba Cloud" not in get(client_of(bob))


def test_without_a_worker_it_says_so(client_of: ClientOf, bob: User) -> None:
    page = get(client_of(bob))

    assert "No worker is running" in page
    assert "Nothing is sent until a worker is started." in page


def test_a_silent_worker_is_trouble(client_of: ClientOf, bob: User) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(name="w", started_at=now, seen_at=now - timedelta(minutes=4))

    assert "Worker silent, last heard 4 min ago" in get(client_of(bob))


def test_a_worker_that_beats_is_well(client_of: ClientOf, bob: User) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(name="w", started_at=now, seen_at=now)

    assert "Worker is running" in get(client_of(bob))


def test_it_says_how_dashscope_answers(
    client_of: ClientOf, bob: User, workspace: Workspace
) -> None:
    set_health(
        workspace, last_heard_at=timezone.now() - timedelta(minutes=2), latency_ms=210, host="h.cn"
    )

    page = get(client_of(bob))

    assert "DashScope answered 2 min ago, in 210 ms" in page
    assert "h.cn" in page


def test_trouble_with_dashscope_is_said_plainly(
    client_of: ClientOf, bob: User, workspace: Workspace
) -> None:
    now = timezone.now()
    set_health(
        workspace,
        last_heard_at=now - timedelta(minutes=4),
        failing_since=now,
        failure_code="dns",
        failure_message="<b>no such host</b>",
    )

    page = get(client_of(bob), "/pulse/")

    assert "last heard from DashScope 4 min ago" in page
    assert "tone-bad" in page
    assert "<b>no such host" not in page


def test_the_pulse_alone_is_a_part_of_a_page(client_of: ClientOf, bob: User) -> None:
    page = get(client_of(bob), "/pulse/")

    assert page.strip().startswith('<div class="places" id="places"')


def test_a_page_without_an_icon_of_its_own_gets_ours(client: Client) -> None:
    response = client.get("/favicon.ico")

    assert response.status_code == 302
    assert response["Location"].endswith("/img/mark.svg")


def test_only_own_workspaces_stand_in_the_rail(client_of: ClientOf, charlie: User) -> None:
    assert "dashscope" not in get(client_of(charlie), "/pulse/").lower()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_kept_and_drawn_by_the_server(
    client_of: ClientOf, bob: User, theme: str
) -> None:
    client = client_of(bob)

    response = client.post("/preferences/theme/", {"theme": theme, "next": "/jobs/?q=x"})

    assert response["Location"] == "/jobs/?q=x"
    page = get(client)
    assert f'<html lang="en" data-theme="{theme}">' in page
    assert f'value="{theme}" aria-pressed="true"' in page


def test_the_theme_of_the_system_is_nothing_to_keep(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)
    client.post("/preferences/theme/", {"theme": "dark"})

    client.post("/preferences/theme/", {"theme": ""})

    assert '<html lang="en">' in get(client)


def test_a_made_up_theme_is_not_drawn(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)
    client.cookies["theme"] = '"><script>'

    assert '<html lang="en">' in get(client)


def test_a_theme_leads_to_addresses_of_ours_alone(client: Client, db: None) -> None:
    response = client.post("/preferences/theme/", {"theme": "dark", "next": "//evil.example/"})

    assert response["Location"] == "/"


def test_the_language_can_be_changed_before_signing_in(client: Client, db: None) -> None:
    assert 'value="zh-hans" lang="zh-hans">中文</button>' in get(client, "/accounts/login/")

    client.post("/preferences/language/", {"language": "zh-hans", "next": "/accounts/login/"})

    page = get(client, "/accounts/login/")
    assert '<html lang="zh-hans">' in page
    assert ">English</button>" in page


def test_the_language_is_at_first_that_of_the_browser(client: Client, db: None) -> None:
    page = get(client, "/accounts/login/", HTTP_ACCEPT_LANGUAGE="zh-CN,zh;q=0.9")

    assert '<html lang="zh-hans">' in page
