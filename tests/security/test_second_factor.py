"""The second factor where it is off, or cannot be asked for. The tests of asking for it run in
a process with settings of their own: tests/sso/second_step.py, second_factor_pages.py."""

import runpy
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import NoReverseMatch, reverse

from importer_site import settings as site
from jobs.checks import second_factor_can_be_asked_for
from jobs.models import User
from jobs.services import diagnosis
from tests.making import PASSWORD
from tests.security.staging import browser_of


def test_off_it_has_no_address_and_no_tab(bob: User) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("settings-second-factor")
    assert b"second-factor" not in browser_of(bob).get("/settings/tokens/").content
    assert second_factor_can_be_asked_for() == []


@pytest.mark.parametrize("wanted", ["optional", "required"])
def test_without_its_package_no_password_lets_in(bob: User, settings: Any, wanted: str) -> None:
    settings.SECOND_FACTOR = wanted  # and SECOND_FACTOR_ON stays false

    answer = Client().post("/accounts/login/", {"username": "bob", "password": PASSWORD})

    assert answer.status_code == 503
    assert "Nobody can sign in by password now" in answer.content.decode()
    assert "_auth_user_id" not in answer.client.session
    [problem] = second_factor_can_be_asked_for()
    assert (problem.id, "requirements/sso.txt" in str(problem.hint)) == ("jobs.E010", True)
    assert problem.msg in [finding.told for finding in diagnosis.diagnose(online=False)]


def test_a_misspelt_wish_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_FACTOR", "requierd")

    with pytest.raises(ImproperlyConfigured, match="off, optional, required"):
        runpy.run_path(site.__file__)
