from collections.abc import Iterator

import pytest

from jobs.simulator import Simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulator on a port of its own, whose clock stands still unless it is pushed."""
    with Simulator() as simulator:
        simulator.clock.freeze()
        yield simulator
