"""The OpenAPI document, and the page that is rendered from it."""

from collections.abc import Callable

import pytest
from django.test import Client

from jobs.models import User


def test_the_document_is_for_anyone_and_of_version_3_1(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()

    assert document["openapi"].startswith("3.1.")
    assert set(document["paths"]) >= {"/api/v1/jobs", "/api/v1/jobs/{job_id}"}
    assert document["components"]["securitySchemes"]["Bearer"] == {
        "type": "http",
        "scheme": "bearer",
    }


def test_every_operation_says_what_can_go_wrong(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()

    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"400", "401", "422", "429", "500"} <= set(operation["responses"])
            assert operation["summary"]
            assert operation["description"]
            assert "Retry-After" in operation["responses"]["429"]["headers"]


def test_the_page_shows_every_operation_and_field(
    bob: User, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(bob)
    document = browser.get("/api/v1/openapi.json").json()

    page = browser.get("/api/v1/docs")

    text = page.content.decode()
    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in text
    for name in document["components"]["schemas"]["JobOut"]["properties"]:
        assert f"<code>{name}</code>" in text
    assert "style=" not in text


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_page_takes_no_other_method(
    bob: User, client_of: Callable[[User], Client], method: str
) -> None:
    assert getattr(client_of(bob), method)("/api/v1/docs").status_code == 405


def test_the_page_is_for_people_who_are_signed_in(db: None) -> None:
    assert Client().get("/api/v1/docs").status_code == 302
