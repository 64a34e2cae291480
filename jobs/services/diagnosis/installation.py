"""The settings, the files and the disk."""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

import jobs
from jobs.services.diagnosis.finding import Finding

SHORTEST_SECRET_KEY = 50
MEBIBYTE = 1024 * 1024
LITTLE_ROOM = 2048 * MEBIBYTE
NO_ROOM = 256 * MEBIBYTE
LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")


def settings_are_sound() -> Iterator[Finding]:
    """What `manage.py check` says, and what only a whole installation shows."""
    found = [message for message in checks.run_checks() if not message.is_silenced()]
    for message in found:
        kind = Finding.failed if message.level >= checks.ERROR else Finding.warning
        yield kind("settings", message.msg, message.hint or "")
    if settings.DEBUG:
        yield Finding.warning(
            "settings", "DEBUG is on: pages of errors show code and settings.", "Set DEBUG=false."
        )
    if len(settings.SECRET_KEY) < SHORTEST_SECRET_KEY:
        yield Finding.warning(
            "settings",
            "SECRET_KEY is short enough to be guessed.",
            "Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'; "
            "docs/operations.md says how to change it without losing tokens.",
        )
    address = urlsplit(settings.SITE_URL)
    if address.scheme == "https" and not settings.BEHIND_TLS:
        yield Finding.warning(
            "settings", "SITE_URL is https, but BEHIND_TLS is off.", "Set BEHIND_TLS=true."
        )
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        yield Finding.warning(
            "settings",
            f"People reach {settings.SITE_URL} without TLS: passwords travel as plain text.",
            "Put a proxy with a certificate in front; set SITE_URL, BEHIND_TLS and PROXY_COUNT.",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding.warning(
            "settings", "ALLOWED_HOSTS allows every name.", "Name the hosts that people use."
        )
    if settings.DEMO:
        yield Finding.warning(
            "settings", "This is a demonstration: nothing reaches Alibaba Cloud.", "Set a key."
        )
    if not found:
        yield Finding.ok("settings", "Django and Import Desk find nothing wrong with them.")


def secrets_are_for_their_owner() -> Iterator[Finding]:
    """Nobody but their owner may read what holds a secret, or the records."""
    paths = [Path(path) for path in _secret_files() if path]
    there = [path for path in paths if path.is_file()]
    for path in paths:
        if path not in there:
            yield Finding.failed(
                "secret files",
                f"{path} is not there.",
                "Mount it, or name another.",
            )
    loose = [path for path in [*there, *_own_files()] if path.stat().st_mode & _OTHERS]
    for path in loose:
        yield Finding.warning(
            "secret files",
            f"{path} has mode {stat.S_IMODE(path.stat().st_mode):o}: others can read it.",
            f"chmod go= {path}",
        )
    if not loose and len(there) == len(paths):
        yield Finding.ok("secret files", "Only their owner can read them.")


_OTHERS = stat.S_IRWXG | stat.S_IRWXO
NAMES_A_SECRET = re.compile(r"(\w*(KEY|TOKEN|PASSWORD|SECRET)\w*|DATABASE_URL|ENV)_FILE")
# Docker and Kubernetes mount secrets for whoever runs inside the container, and nobody else.
MOUNTED_SECRETS = Path("/run/secrets")


def _secret_files() -> Iterator[str]:
    for name, path in os.environ.items():
        mounted = Path(path).is_relative_to(MOUNTED_SECRETS) and Path(path).is_file()
        if NAMES_A_SECRET.fullmatch(name) and not mounted:
            yield path


# Where manage.py is, and with it the file of settings that is read unless ENV_FILE says another.
_BESIDE_JOBS = Path(jobs.__file__).parent.parent


def _own_files() -> Iterator[Path]:
    candidates = [settings.VAR_DIR / "secret_key", _BESIDE_JOBS / ".env"]
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        candidates.append(Path(database["NAME"]))
    # A directory that only its owner can enter closes whatever lies in it.
    for path in candidates:
        if path.is_file() and path.parent.stat().st_mode & _OTHERS:
            yield path


def disk_has_room() -> Iterator[Finding]:
    """An intent that cannot be written is not sent: a full disk stops everything."""
    if not settings.VAR_DIR.is_dir():
        yield Finding.failed(
            "disk", f"{settings.VAR_DIR} is not there.", "Make it, or set VAR_DIR."
        )
        return
    free = shutil.disk_usage(settings.VAR_DIR).free
    told = f"{free // MEBIBYTE} MiB are free at {settings.VAR_DIR}."
    advice = "Make room: an import is not sent while its record cannot be written."
    if free < NO_ROOM:
        yield Finding.failed("disk", told, advice)
    elif free < LITTLE_ROOM:
        yield Finding.warning("disk", told, advice)
    else:
        yield Finding.ok("disk", told)


def static_files_are_collected() -> Iterator[Finding]:
    """Pages without them have no looks; with names of another version, errors."""
    if settings.DEBUG or (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        yield Finding.ok("static files", "They are collected.")
    else:
        yield Finding.failed(
            "static files",
            f"None are collected in {settings.STATIC_ROOT}.",
            "Run `manage.py set_up` where the pages are served.",
        )
