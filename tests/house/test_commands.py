"""Each management command has a test of its own."""

import pytest

from tests.house.reading import files

COMMANDS = [path.stem for path in files("jobs/management/commands/*.py") if path.stem != "__init__"]


@pytest.mark.parametrize("name", COMMANDS)
def test_it_has_a_test_of_its_own(name: str) -> None:
    assert files(f"tests/commands/test_{name}.py") or files(f"tests/*/test_{name}.py")
