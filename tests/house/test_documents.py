"""Documents that would go stale unnoticed are compared with what they tell of."""

import re
from pathlib import Path

import pytest

from jobs.simulator.demonstrations import DEMONSTRATIONS
from tests.house.reading import ROOT, files

DOCUMENTS = files("*.md")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")
# A file or folder of the project in backticks: `jobs/urls.py`, `docs/decisions/`.
NAMED = re.compile(r"`((?:jobs|tests|docs|templates|static|importer_site|requirements)/[\w./-]*)`")
ROW = re.compile(r"^\| `(demo-[a-z-]+)` \| (.+) \|$", re.MULTILINE)


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_the_two_commands() -> None:
    commands = re.findall(r"^\$ (make \w+)$", readme(), re.MULTILINE)

    assert {"make run", "make test"} <= set(commands)


def test_the_readme_tells_of_each_path_that_goes_wrong_on_purpose() -> None:
    assert ROW.findall(readme()) == [(demo.segment, demo.shows) for demo in DEMONSTRATIONS]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_it_links_and_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = [document.parent / target for target in LINK.findall(text)]
    named = [ROOT / name for name in NAMED.findall(text)]

    assert [str(path) for path in (*linked, *named) if not path.exists()] == []


def test_the_changelog_tells_of_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version

    assert f"\n## {version[1]} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_numbers_of_decisions_have_no_gap() -> None:
    numbers = [int(path.name[:4]) for path in files("docs/decisions/*.md")]

    assert numbers == list(range(1, len(numbers) + 1))


def test_no_file_was_left_half_merged() -> None:
    marks = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)

    assert [str(path) for path in files("*") if marks.search(path.read_bytes())] == []
