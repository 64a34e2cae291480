"""Imports point down."""

from importlinter.cli import lint_imports

from tests.house.reading import ROOT


def test_imports_point_down() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0
