"""API keys, read from the environment at the moment of use and kept nowhere.

Only the worker's process is given them; `make run` starts the web server without.
"""

import hashlib
import hmac
import os
from pathlib import Path

from django.conf import settings

from jobs.errors import DeskError
from jobs.models import Workspace

PREFIX = "DASHSCOPE_API_KEY"


class KeyMissing(DeskError):
    """The worker's environment has no key under the workspace's reference."""

    code = "missing_key"


def api_key(workspace: Workspace) -> str:
    """The workspace's key, from NAME or the file that NAME_FILE names. Raises KeyMissing."""
    key = key_of(workspace.key_reference)
    if not key:
        raise KeyMissing(
            f"{workspace.key_setting} is not set where the worker runs, "
            f"nor does {workspace.key_setting}_FILE name a file that it can read"
        )
    return key


def key_of(reference: str) -> str:
    """The key under the reference, or "" if there is none that can be read."""
    return secret(f"{PREFIX}_{reference}" if reference else PREFIX)


def secret(name: str) -> str:
    """What the environment says under the name, or the file that NAME_FILE names, or ""."""
    value = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if not value and path:
        try:
            value = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""
    return value.strip()


def fingerprint(key: str) -> str:
    """Twelve hex digits that tell keys apart and, without SECRET_KEY, say nothing of them."""
    secret = hashlib.sha256(b"key-fingerprint:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:12]


def references() -> list[str]:
    """The key references that this process's environment offers; "" is DASHSCOPE_API_KEY."""
    names = {name.removesuffix("_FILE") for name in os.environ if name.startswith(PREFIX)}
    return sorted(
        name.removeprefix(PREFIX).removeprefix("_")
        for name in names
        if name == PREFIX or name.startswith(f"{PREFIX}_")
    )
