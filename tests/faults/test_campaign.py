"""A few rounds of the campaign, whole and over real processes; `make faults` plays them all."""

import os
from collections.abc import Iterator

import pytest

from tests.faults.campaign import Campaign

# Of each family the scenario that most can break, and so many rounds as take a few seconds.
CHOSEN = {
    "accepted then hang": 4,
    "killed during the call": 2,
    "list failing": 4,
    "three workers at once": 6,
    "foreign twin at the same time": 2,
}
CHOSEN_ON_SQLITE = {"killed between answer and commit": 2, "database locked": 4}
CHOSEN_ON_POSTGRESQL = {"database connections cut": 4, "crowd": 1}
URL = os.environ.get("DATABASE_URL", "")
ON_THIS = CHOSEN_ON_POSTGRESQL if URL.startswith("postgres") else CHOSEN_ON_SQLITE


@pytest.fixture(scope="module")
def campaign() -> Iterator[Campaign]:
    campaign = Campaign(URL)
    yield campaign
    campaign.close()


@pytest.mark.parametrize(("name", "rounds"), (CHOSEN | ON_THIS).items())
def test_what_was_promised_holds(campaign: Campaign, name: str, rounds: int) -> None:
    row = campaign.play(name, rounds=rounds, seed=7)

    assert row["breaches"] == []
    assert row["submissions"] >= rounds
    assert (row["most_creates"], row["lost"], row["wrong_record"]) == (1, 0, 0)
