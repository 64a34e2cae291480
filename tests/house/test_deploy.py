"""The board and the alert rules ask for figures that there are; the units name commands that
there are."""

import ast
import json
import re
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.test import Client

from jobs.views.metrics import MEANINGS, PREFIX
from tests.house.reading import ROOT, files, settings_read

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


def test_the_image_is_built_with_either_list_of_packages() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    build = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["x-desk"]["build"]

    assert "ARG REQUIREMENTS=run\nCOPY requirements/${REQUIREMENTS}.txt" in dockerfile
    assert build == {"context": ".", "args": {"REQUIREMENTS": "${REQUIREMENTS:-run}"}}
    taken_along = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"!requirements/run.txt", "!requirements/sso.txt"} <= set(taken_along)


def test_what_is_laid_over_compose_fits_it() -> None:
    below, above = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for name in ("compose.yaml", "compose.sso.yaml")
    )

    assert set(above["services"]) == {"set-up", "web"} <= set(below["services"])
    for service in above["services"].values():
        names = {name.removesuffix("_FILE") for name in service["environment"]}
        assert names <= set(settings_read())
        assert set(service["secrets"]) == set(above["secrets"])


def test_whoever_reads_a_secret_in_compose_owns_its_file() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    owner = re.findall(r"chown (\d+) secrets", text)

    readers = {
        name: service.get("user") or re.findall(r"--uid (\d+)", dockerfile)[0]
        for name, service in yaml.safe_load(text)["services"].items()
        if service.get("secrets")
    }

    del readers["database"]  # reads its own as root, before it becomes another
    assert set(readers.values()) == set(owner)
    assert {"set-up", "web", "worker", "backup"} == set(readers)


def test_composes_health_check_is_answered_behind_tls(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = ["desk.example.com", "localhost"]
    web = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["web"]
    asked = re.search(r"headers=(\{.*\})", web["healthcheck"]["test"][-1])
    assert asked

    answer = Client().get("/healthz", headers=ast.literal_eval(asked[1]))

    assert answer.status_code == 200
