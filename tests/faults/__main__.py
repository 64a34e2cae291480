"""`python -m tests.faults`: the whole campaign, and its table.

Exits with 1 when anything that was promised did not hold.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import django

from tests.faults.campaign import Campaign
from tests.faults.environment import SETTINGS

COLUMNS = {
    "scenario": "name",
    "rounds": "rounds",
    "submissions": "submissions",
    "creates per submission, most": "most_creates",
    "confirmed": "confirmed",
    "rejected": "rejected",
    "not created": "absent",
    "put to a person": "put_to_a_person",
    "lost": "lost",
    "wrong record": "wrong_record",
    "seconds": "seconds",
}


def main() -> int:
    """Play what was asked for, and print the table and every breach."""
    url = os.environ.get("DATABASE_URL", "")
    os.environ.update(SETTINGS)
    django.setup()
    from tests.faults.scenarios import scenarios_on

    known = scenarios_on(url)
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help="all, unless named")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=4, help="how many play side by side")
    parser.add_argument(
        "--rows", type=Path, help="a file of rows: what is in it is not played again"
    )
    options = parser.parse_args()
    names = options.scenarios or list(known)
    if unknown := set(names) - set(known):
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}")
    rows = _rows_in(options.rows)
    campaign = Campaign(url)
    playing = campaign.play_all(
        [name for name in names if name not in rows],
        rounds=options.rounds,
        seed=options.seed,
        at_once=options.at_once,
    )
    for row in playing:
        rows[row["name"]] = row
        if options.rows:
            options.rows.write_text(json.dumps(rows), encoding="utf-8")
        verdict = "broken" if row["breaches"] else "held"
        sys.stderr.write(f"{len(rows)}/{len(names)} {row['name']}: {verdict}\n")
    campaign.close()
    rows = {name: rows[name] for name in names}
    breaches = [f"{row['name']}: {breach}" for row in rows.values() for breach in row["breaches"]]
    played = sum(row["rounds"] for row in rows.values())
    sys.stdout.write(
        f"{_table([rows[name] for name in names])}\n\n"
        f"{played} rounds, seed {options.seed}, {len(breaches)} breaches\n"
    )
    for row in rows.values():
        if befell := row.get("befell"):
            told = ", ".join(f"{count} {what}" for what, count in befell.items())
            sys.stdout.write(f"\n{row['name']}: {told}\n")
    for breach in breaches:
        sys.stdout.write(f"\n{breach}\n")
    return 1 if breaches else 0


def _rows_in(path: Path | None) -> dict[str, dict[str, Any]]:
    """What an interrupted run had played already, whatever came of it."""
    if path is None or not path.exists():
        return {}
    rows: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [list(COLUMNS)]
    for row in rows:
        cells = [row.get(key, "–") for key in COLUMNS.values()]
        lines.append([f"{cell:.0f}" if isinstance(cell, float) else str(cell) for cell in cells])
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    rule = [
        "-" * width if column == 0 else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in [lines[0], rule, *lines[1:]]
    )


if __name__ == "__main__":
    sys.exit(main())
