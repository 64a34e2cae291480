"""API keys as the simulator sees them: checked, turned into a workspace, never kept."""

from __future__ import annotations

import hashlib

from jobs.simulator.answers import RefusedError

SIMULATOR_KEY = "sk-simulator"


def workspace_of(authorization: str | None) -> str:
    """The workspace that the header's key belongs to, as a digest from which no key can be read.

    Any key that begins with `sk-` is accepted. What stands before a key's first dot names its
    workspace, so `sk-team.one` and `sk-team.two` see the same jobs and `sk-other` does not.
    Raises RefusedError (401 InvalidApiKey) otherwise; vendor page: error-code.
    """
    if not authorization:
        raise RefusedError(401, "InvalidApiKey", "No API-key provided.")
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.startswith("sk-") or len(key) <= len("sk-"):
        raise RefusedError(401, "InvalidApiKey", "Invalid API-key provided.")
    return digest(key.partition(".")[0])


def without_key(authorization: str) -> str:
    """The header's value with a digest in place of the key."""
    scheme, _, key = authorization.partition(" ")
    return f"{scheme} sha256:{digest(key)}" if key else f"sha256:{digest(scheme)}"


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
