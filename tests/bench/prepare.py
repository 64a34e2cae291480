"""In a process with the site's own settings: migrate, seed, sign people in, and verify.

`python -m tests.bench.prepare JOBS` prints what the measures need, as one line of JSON.
"""

import json
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.core.management import call_command
from django.test import Client

from jobs import actors
from jobs.choices import Scope
from jobs.models import ImportJob, User
from jobs.services import chain, chain_exchanges, tokens
from tests.bench.seeding import seed


def session_of(person: User) -> str:
    """The value of the cookie of a browser in which the person is signed in."""
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser.cookies["sessionid"].value


def seconds_to_verify() -> float:
    """How long the whole history takes, by the clock."""
    started = time.perf_counter()
    for _position in chain.walk(chain.head()):
        pass
    chain.check_ends()
    return time.perf_counter() - started


def main(jobs: int) -> None:
    """Do it, and print it."""
    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    seeded = seed(jobs)
    seed_seconds = time.perf_counter() - started
    verify_seconds = seconds_to_verify()
    # The chain alone: its texts, hashes, columns and personal values.
    chain_exchanges.ids_in = chain_exchanges.told_by = lambda _events: []
    chain_seconds = seconds_to_verify()
    call_command("collectstatic", interactive=False, verbosity=0)
    token = tokens.create(
        seeded.person,
        name="bench",
        scopes=[Scope.READ],
        expires_at=None,
        actor=actors.command_line(),
    )
    middle = ImportJob.objects.visible_to(seeded.person).get(pk=jobs // 2 + 1)
    told = {
        "person": session_of(seeded.person),
        "both": session_of(seeded.both),
        "token": token.text,
        "events": seeded.events,
        "seed_seconds": seed_seconds,
        "verify_seconds": verify_seconds,
        "chain_seconds": chain_seconds,
        "rare": middle.object_key.rstrip("/").rpartition("/")[2],
        "day": f"{middle.created_at:%Y-%m-%d}",
        "until": f"{middle.created_at + timedelta(days=90):%Y-%m-%d}",
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
