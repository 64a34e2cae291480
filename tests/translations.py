"""The Chinese texts: what gettext finds in the sources, and what stands in the catalogue.

`python -m tests.translations` brings the catalogue up to date: new texts come in untranslated,
texts that are gone leave, and what has changed is marked fuzzy with its old translation.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PO = Path("importer_site/locale/zh_Hans/LC_MESSAGES/django.po")
SOURCES = ("importer_site", "jobs", "templates")
# A line that would change at each run, and say nothing that git does not.
DATED = re.compile(r'^"POT-Creation-Date: .*\n', re.MULTILINE)
ENTRY = re.compile(
    r'^(msgctxt|msgid_plural|msgid|msgstr)(?:\[\d+\])? ((?:"[^\n]*"\n?)+)', re.MULTILINE
)


@dataclass(frozen=True)
class Message:
    """One entry of a catalogue: the text, its plural if it has one, and the translations."""

    text: str
    plural: str
    translations: tuple[str, ...]


def messages(po: str) -> Iterator[Message]:
    """The entries of a .po file, less its header."""
    for block in po.split("\n\n"):
        parts: dict[str, list[str]] = {}
        for name, quoted in ENTRY.findall(block + "\n"):
            said = "".join(ast.literal_eval(line) for line in quoted.splitlines())
            parts.setdefault(name, []).append(said)
        if "".join(parts.get("msgid", "")):
            plural = "".join(parts.get("msgid_plural", ""))
            yield Message(parts["msgid"][0], plural, tuple(parts["msgstr"]))


def extracted() -> str:
    """The catalogue as the sources now ask for it, with the translations that there are.

    Works on a copy, because makemessages writes beside each template while it reads.
    """
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for source in SOURCES:
            shutil.copytree(ROOT / source, copy / source, ignore=shutil.ignore_patterns("*.pyc"))
        command = [sys.executable, "-m", "django", "makemessages", "--locale=zh_Hans"]
        subprocess.run(
            [*command, "--add-location=never", "--no-wrap", "--no-obsolete", "--verbosity=0"],
            cwd=copy,
            env=os.environ
            | {"DJANGO_SETTINGS_MODULE": "importer_site.settings", "ENV_FILE": ""}
            | {"SECRET_KEY": "reads-sources-alone", "PYTHONPATH": "."},
            check=True,
        )
        return DATED.sub("", (copy / PO).read_text(encoding="utf-8"))


def compiled(po: Path, into: Path) -> Path:
    """The .mo file of a .po file, in the directory; fails on a placeholder that does not fit."""
    mo = into / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", mo, po], check=True)
    return mo


def main() -> None:
    """Write the .po file anew, and the .mo file beside it."""
    po = ROOT / PO
    po.write_text(extracted(), encoding="utf-8")
    compiled(po, po.parent)


if __name__ == "__main__":
    main()
