"""The board and the alert rules ask for figures that there are; the units name commands that
there are."""

import json
import re

import pytest
from django.core.management import get_commands

from jobs.views.metrics import MEANINGS, PREFIX
from tests.house.reading import ROOT, files

FIGURE = re.compile(rf"{PREFIX}(\w+)")


@pytest.mark.parametrize("path", ["grafana/import-desk.json", "prometheus/alerts.yml"])
def test_they_ask_for_figures_that_are_given(path: str) -> None:
    asked = set(FIGURE.findall((ROOT / "deploy" / path).read_text(encoding="utf-8")))

    assert len(asked) > 5
    assert asked - set(MEANINGS) == set()


def test_the_board_is_json_whose_panels_stand_apart() -> None:
    board = json.loads((ROOT / "deploy/grafana/import-desk.json").read_text(encoding="utf-8"))

    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(set(places)) == len(places) > 10
    assert len({panel["id"] for panel in board["panels"]}) == len(places)


def test_what_is_deployed_runs_commands_that_there_are() -> None:
    texts = [path.read_text(encoding="utf-8") for path in files("deploy/systemd/*")]
    texts += [(ROOT / name).read_text(encoding="utf-8") for name in ("compose.yaml", "Dockerfile")]
    run = {name for text in texts for name in re.findall(r"python,? manage\.py,? (\w+)", text)}

    assert {"set_up", "run_worker", "backup"} <= run
    assert run - set(get_commands()) == set()


def test_only_the_worker_is_given_the_key() -> None:
    holders = [path.name for path in files("deploy/systemd/*") if "DASHSCOPE" in path.read_text()]

    assert holders == ["import-desk-worker.service"]
