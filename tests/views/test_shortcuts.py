"""The page of keyboard shortcuts, and its switch."""

from collections.abc import Callable

from django.test import Client

from jobs.models import User

ClientOf = Callable[[User], Client]


def test_it_lists_the_keys_of_the_places_that_the_reader_has(
    client_of: ClientOf, vera: User
) -> None:
    page = client_of(vera).get("/shortcuts/")

    assert [" ".join(shortcut.keys) for shortcut in page.context["shortcuts"]][:2] == ["g o", "g j"]
    assert "n" not in [key for shortcut in page.context["shortcuts"] for key in shortcut.keys]


def test_they_can_be_switched_off_and_on_again(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)
    assert "js/shortcuts.js" in client.get("/jobs/").text

    client.post("/shortcuts/", {"shortcuts": "off"})
    assert "js/shortcuts.js" not in client.get("/jobs/").text

    client.post("/shortcuts/", {"shortcuts": "on"})
    assert "js/shortcuts.js" in client.get("/jobs/").text
