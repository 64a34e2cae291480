from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from importer_site.urls import handler400, handler403, handler404, handler500, urlpatterns
from jobs.models import User, Workspace
from tests.making import make_job
from tests.statements import writes

ClientOf = Callable[[User], Client]
HANDLERS = (handler400, handler403, handler404, handler500)


def broken(request: HttpRequest, kind: str) -> HttpResponse:
    raise {
        "bad": BadRequest,
        "denied": PermissionDenied,
        "mistake": ZeroDivisionError,
        "locked": OperationalError,
    }[kind]


urlpatterns = [*urlpatterns, path("broken/<str:kind>/", broken)]


@pytest.fixture(autouse=True)
def _with_broken_pages(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.mark.parametrize(
    ("url", "status", "title"),
    [
        ("/broken/bad/", 400, "This request cannot be read"),
        ("/broken/denied/", 403, "Your role does not allow this"),
        ("/jobs/12345/", 404, "There is nothing at this address"),
        ("/broken/mistake/", 500, "Import Desk made a mistake"),
        ("/broken/locked/", 503, "The database did not answer"),
    ],
)
def test_each_says_what_happened_and_what_next(
    client_of: ClientOf, vera: User, url: str, status: int, title: str
) -> None:
    client = client_of(vera)
    client.raise_request_exception = False

    response = client.get(url)

    page = response.content.decode()
    assert response.status_code == status
    assert f"<h1>{title}</h1>" in page
    assert "What next" in page
    assert response["X-Request-Id"] in page
    assert "Traceback" not in page


def test_they_are_drawn_for_who_is_not_signed_in(client: Client, db: None) -> None:
    response = client.get("/nothing-here/")

    assert response.status_code == 404
    assert 'href="/accounts/login/"' in response.content.decode()


def test_they_need_no_database(client: Client) -> None:
    # Without the db fixture any query fails the test; a wrong host is refused before one.
    response = client.get("/accounts/login/", HTTP_HOST="evil.example")

    assert response.status_code == 400
    assert "This request cannot be read" in response.content.decode()


def test_they_keep_theme_and_language(client: Client, db: None) -> None:
    client.cookies["theme"] = "dark"

    page = client.get("/nothing-here/", HTTP_ACCEPT_LANGUAGE="zh-CN").content.decode()

    assert '<html lang="zh-hans" data-theme="dark">' in page


def test_a_form_without_its_token_is_told_what_to_do(vera: User) -> None:
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/accounts/login/", {"username": "vera", "password": "x"})

    assert response.status_code == 403
    assert "This page was open for too long" in response.content.decode()


def test_a_database_that_is_locked_costs_a_deletion_nothing_but_time(
    client_of: ClientOf, alice: User, workspace: Workspace
) -> None:
    job = make_job(workspace)
    client = client_of(alice)
    client.raise_request_exception = False
    form = {"confirm": job.label, "reason": "superseded"}

    def locked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if writes(sql, "jobs_deletion"):
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(locked):
        refused = client.post(f"/jobs/{job.pk}/delete/", form)
    accepted = client.post(f"/jobs/{job.pk}/delete/", form)

    assert (refused.status_code, refused["Retry-After"]) == (503, "60")
    assert "The database did not answer" in refused.content.decode()
    assert accepted.status_code == 302
    assert job.deletions.count() == 1
