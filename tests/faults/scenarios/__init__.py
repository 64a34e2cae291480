"""The scenarios: each a fault, or several, and what is done while it lasts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

from tests.faults.desk import Desk

Play = Callable[[Desk, int], None]


@dataclass(frozen=True)
class Scenario:
    """One row of the table. `play(desk, rounds)` brings the fault about `rounds` times.

    Every submission may be confirmed or found absent, as the ledger of DashScope bears out;
    `also` names what else it may become here: "rejected", "put_to_a_person".
    `quiet`: no error of the worker's own may stand in its log. `engine`: the only one whose
    faults it knows, "sqlite" or "postgres"; "" for any.
    """

    name: str
    play: Play
    also: frozenset[str]
    quiet: bool
    engine: str
    environment: dict[str, str] = field(default_factory=dict)


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *also: str, quiet: bool = True, engine: str = "", **environment: str
) -> Callable[[Play], Play]:
    """Enter a function among the scenarios, under its own name with spaces."""

    def enter(play: Play) -> Play:
        name = play.__name__.replace("_", " ")
        SCENARIOS[name] = Scenario(name, play, frozenset(also), quiet, engine, environment)
        return play

    return enter


def scenarios_on(database_url: str) -> dict[str, Scenario]:
    """Every scenario that the database at the address allows, in the order of the table."""
    for module in ("answers", "deaths", "database", "lists", "company", "removals", "crowd"):
        import_module(f"{__name__}.{module}")
    engine = "postgres" if database_url.startswith("postgres") else "sqlite"
    return {name: one for name, one in SCENARIOS.items() if one.engine in ("", engine)}
