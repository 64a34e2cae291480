"""No file grows beyond what one reads in one sitting."""

from pathlib import Path

import pytest

from tests.house.reading import ROOT, files, python_files

CAPS = {".py": 400, ".html": 200, ".css": 400}


def sized() -> list[Path]:
    pages = [path for path in files("templates/*") if path.suffix == ".html"]
    styles = [path for path in files("static/*") if path.suffix == ".css"]
    return [*python_files(), *pages, *(path for path in styles if "vendor" not in path.parts)]


def test_there_is_something_to_measure() -> None:
    assert {path.suffix for path in sized()} == set(CAPS)


@pytest.mark.parametrize("suffix", sorted(CAPS))
def test_no_file_is_over_its_cap(suffix: str) -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in sized()
        if path.suffix == suffix
    }

    assert {name: count for name, count in lines.items() if count > CAPS[suffix]} == {}
