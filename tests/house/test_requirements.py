"""The locked packages: with hashes, from no named host, and the same for users and developers."""

import re

import pytest

from tests.house.reading import ROOT

PIN = re.compile(r"^([a-z0-9_.-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", re.MULTILINE | re.IGNORECASE)


def locked(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["run", "sso", "dev"])
def test_they_name_no_host_and_no_option_of_a_machine(name: str) -> None:
    assert re.findall(r"https?://|file:|--(?!hash=)[a-z-]+", locked(name)) == []


@pytest.mark.parametrize("name", ["run", "sso", "dev"])
def test_every_package_has_hashes(name: str) -> None:
    pins = re.split(r"\n(?=\S)", locked(name).strip())

    assert len(pins) > 10
    assert [pin for pin in pins if not pin.startswith("#") and "--hash=sha256:" not in pin] == []


def test_developers_run_what_users_run() -> None:
    run, sso, dev = (set(PIN.findall(locked(name))) for name in ("run", "sso", "dev"))

    assert run - dev == sso - dev == set()


def test_single_sign_on_is_an_addition() -> None:
    run, sso = (set(PIN.findall(locked(name))) for name in ("run", "sso"))

    assert run - sso == set()
    assert {name for name, _version in sso - run} >= {"django-allauth"}
    assert "django-allauth" not in {name for name, _version in run}
