"""Walking the list: what counts as proof that no row was missed."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.dashscope import Timeouts
from jobs.dashscope.client import Client
from jobs.services import listing
from jobs.services.listing import PAGE_SIZE, Coverage
from jobs.services.upstream import Upstream
from jobs.simulator import SIMULATOR_KEY, Simulator

TIMEOUTS = Timeouts(connect_seconds=5, read_seconds=5, total_seconds=10)
# What others do between two pages: how many rows they add, and the rows they delete, each as how
# far down the list it stands.
Change = tuple[int, list[float]]
CHANGES = st.lists(
    st.tuples(st.integers(0, 2), st.lists(st.floats(0, 0.99), max_size=2)), max_size=4
)


@pytest.fixture(scope="module")
def way() -> Iterator[tuple[Simulator, Upstream]]:
    with Simulator() as simulator:
        client = Client(base_url=simulator.base_url, api_key=SIMULATOR_KEY, timeouts=TIMEOUTS)
        with client:
            yield simulator, Upstream(client, "", "")


@settings(max_examples=80, deadline=None)
@given(rows=st.integers(90, 310), newest_first=st.booleans(), changes=CHANGES)
def test_a_clean_walk_has_seen_every_row_that_was_there_throughout(
    way: tuple[Simulator, Upstream], rows: int, newest_first: bool, changes: list[Change]
) -> None:
    simulator, upstream = way
    simulator.reset()
    simulator.state.newest_first = newest_first
    at_first = simulator.add_foreign_jobs([{"age_seconds": rows - n} for n in range(rows)])
    there = list(at_first) if not newest_first else at_first[::-1]

    coverage = Coverage()
    for number, page in enumerate(listing.pages(upstream)):
        coverage.add(page)
        added, deleted = changes[number] if number < len(changes) else (0, [])
        for depth in deleted:
            simulator.remove_job(there.pop(int(depth * len(there))))
        fresh = simulator.add_foreign_jobs([{}] * added)
        there = [*fresh[::-1], *there] if newest_first else [*there, *fresh]

    assert not coverage.clean or set(at_first) & set(there) <= coverage.jobs.keys()


def test_a_walk_of_an_unchanged_list_is_clean(way: tuple[Simulator, Upstream]) -> None:
    simulator, upstream = way
    simulator.reset()
    simulator.add_foreign_jobs([{"age_seconds": 60}] * (2 * PAGE_SIZE + 1))

    coverage = Coverage()
    for page in listing.pages(upstream):
        coverage.add(page)

    assert coverage.clean
    assert (coverage.pages, len(coverage.jobs)) == (3, 2 * PAGE_SIZE + 1)
