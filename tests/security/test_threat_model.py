"""docs/threat-model.md names tests that exist, and every test of this directory."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs/threat-model.md"


def named() -> set[str]:
    return set(re.findall(r"`([a-z_/]+\.py)`", PAGE.read_text(encoding="utf-8")))


def test_every_test_that_is_named_exists() -> None:
    assert {name for name in named() if not (TESTS / name).is_file()} == set()


def test_every_security_test_answers_a_threat() -> None:
    here = {f"security/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}

    assert here - named() == {f"security/{Path(__file__).name}"}
