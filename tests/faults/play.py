"""Plays one scenario in this process and prints its row as JSON.

`python -m tests.faults.play NAME --rounds N --seed S --directory PATH`, with the environment of
tests/faults/environment.py and a migrated database in the directory.
"""

import argparse
import json
import os
import sys
import time
import traceback
from pathlib import Path
from random import Random

import django

# The log of a worker has this for every error that a step did not foresee.
UNFORESEEN = ("a step failed", "Traceback")


def main() -> None:
    """Play, reckon, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    options = parser.parse_args()
    django.setup()
    row = _play(options.name, options.rounds, options.seed, options.directory)
    sys.stdout.write(json.dumps(row))


def _play(name: str, rounds: int, seed: int, directory: Path) -> dict[str, object]:
    from tests.faults.desk import Desk
    from tests.faults.reckoning import reckon
    from tests.faults.scenarios import scenarios_on

    chosen = scenarios_on(os.environ["DATABASE_URL"])[name]
    desk = Desk(directory, Random(f"{seed} {name}"), **chosen.environment)
    started = time.monotonic()
    breaches: list[str] = []
    try:
        chosen.play(desk, rounds)
        codes = desk.close()
        if any(codes):
            breaches.append(f"workers ended with {codes}")
    except Exception:
        breaches.append(traceback.format_exc())
        desk.kill_everything()
    seconds = time.monotonic() - started
    result = reckon(desk)
    breaches += result.breaches
    counts = result.as_dict()
    for kind in {"rejected", "put_to_a_person"} - chosen.also:
        if counts[kind]:
            breaches.append(f"{counts[kind]} {kind.replace('_', ' ')}, and nobody should be")
    log = directory / "worker.log"
    if chosen.quiet and log.exists():
        lines = [line for line in log.read_text(errors="replace").splitlines() if line]
        breaches += [f"log: {line}" for line in lines if any(w in line for w in UNFORESEEN)][:5]
    return {
        "name": name,
        "rounds": rounds,
        "seconds": seconds,
        "befell": dict(desk.befell),
        **(counts | {"breaches": breaches}),
    }


if __name__ == "__main__":
    main()
