"""The repository's files, as git knows them, and its settings, as the code reads them."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
READERS = {"env", "os.environ", "accounts.from_environment"}
SETTING = re.compile(r"[A-Z][A-Z_]+")


def files(pattern: str) -> list[Path]:
    """The files of the project that the pattern names: those in git, and new ones beside them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return sorted({ROOT / name for name in listed if name and (ROOT / name).is_file()})


def python_files() -> list[Path]:
    """Python that people write: migrations are written by Django."""
    return [path for path in files("*.py") if "migrations" not in path.parts]


def settings_read() -> dict[str, object]:
    """The settings that the code reads by name, each with its default, or None if there is
    no plain one."""
    found: dict[str, object] = {}
    for path in python_files():
        if path.is_relative_to(ROOT / "tests") or path.is_relative_to(ROOT / "jobs/simulator"):
            continue
        for name, default in _settings_in(ast.parse(path.read_text(encoding="utf-8"))):
            found[name] = default if found.get(name) is None else found[name]
    return found


def _settings_in(tree: ast.AST) -> Iterator[tuple[str, object]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        called, on = ast.unparse(node.func), ast.unparse(node.func.value)
        if not node.args or not {called, on} & READERS or node.func.attr == "setdefault":
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant) and SETTING.fullmatch(str(first.value)):
            given = [word.value for word in node.keywords if word.arg == "default"]
            defaults = [*node.args[1:], *given]
            constant = defaults[0] if defaults else None
            yield str(first.value), getattr(constant, "value", None)
