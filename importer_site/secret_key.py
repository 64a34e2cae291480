"""The secret key that an installation makes for itself."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def make_once(path: Path) -> None:
    """Put a new key into the file, readable by its owner alone, unless it is there already.

    Two starts at the same time agree on one key: the file appears whole or not at all, and
    the second to come leaves the first one's.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file with mode 600, whatever the umask.
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(secrets.token_urlsafe(48))
        stream.flush()
        os.fsync(stream.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(unfinished, path)
    os.unlink(unfinished)
