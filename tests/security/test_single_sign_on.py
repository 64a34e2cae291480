"""Single sign-on: off unless it is asked for, and whole when it is.

With it, and with a second factor, there are more apps and addresses, so the tests of both run
in a process with settings of their own: RUN_APART, in tests/sso and tests/browser.
"""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from jobs.checks import single_sign_on_is_whole
from jobs.services import single_sign_on
from tests.house.reading import ROOT

RUN_APART = (
    "chat_sign_in.py erasing.py second_factor_pages.py second_step.py signing_in.py sso_pages.py"
)
WITHOUT_ALLAUTH = """
import sys
sys.modules["allauth"] = None
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("check")
client = Client(raise_request_exception=False)
print(client.post("/accounts/single-sign-on/oidc/", headers={"host": "localhost"}).status_code)
"""


def test_people_come_in_by_it_as_they_should() -> None:
    options = ["--ds=tests.sso.settings", f"--override-ini=python_files={RUN_APART}"]
    # Pages look the same on every database.
    places = ["tests/sso", "tests/browser"] if connection.vendor == "sqlite" else ["tests/sso"]

    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *places)

    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout


def test_without_it_nothing_of_it_is_needed_or_there() -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings"}

    done = run("-W", "ignore", "-c", WITHOUT_ALLAUTH, **settings)

    assert done.stdout.splitlines()[-1:] == ["404"], done.stdout + done.stderr


def test_the_sign_in_page_offers_no_provider(db: None) -> None:
    assert b"single-sign-on" not in Client().get("/accounts/login/").content


def test_a_provider_without_the_package_is_named_with_its_fix(settings: Any) -> None:
    settings.SSO_PROVIDERS, settings.SSO_INSTALLED = ["oidc"], False

    found = {problem.id: problem for problem in single_sign_on_is_whole()}

    assert {"jobs.E005", "jobs.E007"} == set(found)
    assert "requirements/sso.txt" in str(found["jobs.E005"].hint)


def test_a_provider_nobody_knows_is_named(settings: Any) -> None:
    settings.SSO_PROVIDERS = ["github"]

    assert "jobs.E006" in {problem.id for problem in single_sign_on_is_whole()}


@pytest.mark.parametrize("address", ["http://id.example.com", "ftp://127.0.0.1", "id.example.com"])
def test_a_provider_is_asked_by_https_alone(settings: Any, address: str) -> None:
    settings.SSO_OIDC_SERVER_URL = address

    assert [problem.id for problem in single_sign_on_is_whole()] == ["jobs.E008"]


def test_a_provider_may_live_below_a_path(settings: Any) -> None:
    settings.SSO_OIDC_SERVER_URL = "https://id.example.com/realms/acme"

    assert single_sign_on_is_whole() == []


@pytest.mark.parametrize(
    "entry",
    [
        "acme.com=viewer",
        "domain:acme.com",
        "domain:=viewer",
        "domain:acme.com=owner",
        "user:x=viewer",
    ],
)
def test_a_role_that_means_nothing_is_named(settings: Any, entry: str) -> None:
    settings.SSO_ROLES = [entry]

    assert [problem.id for problem in single_sign_on_is_whole()] == ["jobs.E009"]


def test_an_entry_names_a_role_and_perhaps_a_workspace(settings: Any) -> None:
    settings.SSO_ROLES = ["domain:Acme.com=viewer", "group:cn=a=admin@research"]

    first, second = single_sign_on.mappings()

    assert (first.kind, first.value, first.role, first.slug) == ("domain", "acme.com", "viewer", "")
    assert (second.value, second.role, second.slug) == ("cn=a", "admin", "research")


def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=kept | settings,
        capture_output=True,
        text=True,
    )
