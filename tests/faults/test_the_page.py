"""docs/faults.md shows the table of a whole run in which everything held."""

from tests.faults.scenarios import scenarios_on
from tests.running import ROOT

LEAST_ROUNDS = 50


def test_the_table_has_every_scenario_and_nothing_was_broken() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").partition("\n## ")[0]
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("|")
    ]

    head, _rule, *rows = table
    by_name = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(by_name) == list(scenarios_on(""))
    for name, row in by_name.items():
        assert int(row["rounds"]) >= LEAST_ROUNDS, name
        assert int(row["creates per submission, most"]) <= 1, name
        assert (row["lost"], row["wrong record"]) == ("0", "0"), name
