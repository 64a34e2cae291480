"""docs/configuration.md and .env.example say what the code reads, and nothing else."""

import re

from tests.house.reading import ROOT, settings_read

# Read under a name that is put together when the worker runs (jobs/services/keys.py).
KEYS = {"DASHSCOPE_API_KEY", "DASHSCOPE_API_KEY_<REF>", "AUDIT_SIGNING_KEY"}
# NAME_FILE stands for NAME, and is explained once for all of them.
FILES = {"SECRET_KEY_FILE"}
# ENV_FILE names the file itself; `make run` decides on DEMO.
NOT_IN_THE_FILE = {"ENV_FILE", "DEMO"}
ROW = re.compile(r"^\| `([A-Z_<>]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
LINE = re.compile(r"^# ([A-Z_<>]+)=(.*)$", re.MULTILINE)


def documented() -> dict[str, tuple[str, str]]:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    return {name: (default, meaning) for name, default, meaning in ROW.findall(page)}


def test_the_page_lists_each_setting_that_is_read() -> None:
    assert set(documented()) == (set(settings_read()) - FILES) | KEYS


def test_the_page_gives_the_defaults_of_the_code() -> None:
    said = {name: default for name, (default, _meaning) in documented().items()}
    plain = {name: value for name, value in settings_read().items() if value not in (None, "")}

    assert {name: said[name] for name in plain} == {
        name: f"`{str(value).lower() if isinstance(value, bool) else value}`"
        for name, value in plain.items()
    }


def test_the_example_offers_each_setting_once() -> None:
    lines = LINE.findall((ROOT / ".env.example").read_text(encoding="utf-8"))
    names = [name for name, _value in lines]

    assert sorted(names) == sorted(set(documented()) - NOT_IN_THE_FILE)


def test_the_example_shows_the_defaults_of_the_code() -> None:
    lines = dict(LINE.findall((ROOT / ".env.example").read_text(encoding="utf-8")))

    for name, value in settings_read().items():
        if isinstance(value, int | float) and name in lines:
            assert lines[name] == str(value).lower(), name
