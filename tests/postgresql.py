"""A PostgreSQL that lasts as long as one command: `python -m tests.postgresql COMMAND ...`.

The command finds it in DATABASE_URL. It listens on no port, on a socket in a directory of its
own alone, and forgets everything.
"""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import machine

# Four processes of tests share it, and each has tests that open fifty connections at once.
OPTIONS = "-c listen_addresses='' -c max_connections=300"
# Nothing has to outlive the run, so nothing is forced to the disk.
FORGETFUL = f"{OPTIONS} -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """The DATABASE_URL of a new PostgreSQL; a durable one waits for the disk, as in earnest."""
    options = OPTIONS if durable else FORGETFUL
    binaries = machine.postgresql()
    if binaries is None:
        raise SystemExit("PostgreSQL is missing: apt-get install postgresql")
    # The path of a socket has at most 107 bytes, so it is not made under a long TMPDIR.
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as name:
        place = Path(name)
        as_owner = _owner_of(place)
        data = place / "data"
        _run(binaries / "initdb", "-D", data, "-U", "tests", "-A", "trust", "-N", **as_owner)
        control = (binaries / "pg_ctl", "-D", data, "-s", "-w")
        _run(*control, "-l", place / "log", "-o", f"-k {place} {options}", "start", **as_owner)
        try:
            yield f"postgres://tests@/{place}/postgres"
        finally:
            _run(*control, "-m", "immediate", "stop", **as_owner)


def conninfo(url: str) -> str:
    """An address of `running` as PostgreSQL's own programs take it."""
    directory, _slash, name = url.partition("@/")[2].rpartition("/")
    return f"host={directory} dbname={name} user=tests"


def _owner_of(place: Path) -> dict[str, Any]:
    """How to run PostgreSQL, which refuses root: as root, somebody else owns it."""
    if os.getuid() != 0:
        return {"cwd": place}
    people = {entry.pw_name: entry for entry in pwd.getpwall()}
    person = people.get("postgres") or people["nobody"]
    os.chown(place, person.pw_uid, person.pw_gid)
    return {"cwd": place, "user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def _run(*command: object, **options: Any) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        check=False,
        **options,
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} failed with exit code {done.returncode}.")


def main() -> int:
    """Run the command that the arguments are, and end with its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with running() as url:
        environment = {**os.environ, "DATABASE_URL": url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
