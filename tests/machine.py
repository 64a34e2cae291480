"""What the tests need of the machine besides Python packages, and where it is.

`python -m tests.machine` says what is missing and how to get it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = {  # Debian's and Ubuntu's names
    "chromium": "a browser, for tests/browser",
    "postgresql": "initdb and pg_ctl, for the second run of the tests",
    "gettext": "msgfmt, for the translations",
    "fonts-wqy-zenhei": "a font with Chinese characters, for the pages in Chinese",
}
# The same browser without a window of its own comes first: it needs two thirds of the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """The path of chromium, from CHROMIUM or PATH; "" if there is none."""
    named = os.environ.get("CHROMIUM", "")
    names = (named,) if named else BROWSERS
    return next((path for name in names if (path := shutil.which(name))), "")


def postgresql() -> Path | None:
    """The directory of initdb and pg_ctl: on PATH, or the newest where Debian puts them."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    return versions[-1].parent if versions else None


def missing() -> list[str]:
    """The packages of which something is not here."""
    here = {
        "chromium": bool(chromium()),
        "postgresql": postgresql() is not None,
        "gettext": shutil.which("msgfmt") is not None,
        "fonts-wqy-zenhei": _has_chinese_font(),
    }
    return [package for package in PACKAGES if not here[package]]


def _has_chinese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    listed = subprocess.run([lister, ":lang=zh"], capture_output=True, check=False)
    return bool(listed.stdout.strip())


def main() -> int:
    """Say what is missing; 1 if anything is."""
    packages = missing()
    for package in packages:
        sys.stderr.write(f"The tests need {package}: {PACKAGES[package]}.\n")
    if packages:
        sys.stderr.write(f"On Debian, as root: apt-get install {' '.join(packages)}\n")
    return 1 if packages else 0


if __name__ == "__main__":
    sys.exit(main())
