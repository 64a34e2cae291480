import json
import re
import uuid

import pytest

from jobs.simulator import Simulator
from tests.simulator.asking import ORDER, ask, create, create_at


def test_it_answers_as_the_documented_example(simulator: Simulator) -> None:
    reply = create(simulator.base_url)

    assert reply.status == 200
    assert list(reply.json()) == ["request_id", "output"]
    output = reply.output
    assert output == {
        "job_id": str(uuid.UUID(output["job_id"])),
        "model_name": output["model_name"],
        "display_name": "Support answers v2",
        "source": "OSS",
        "weight_type": "lora",
        "storage_info": {"bucket_name": "team-models", "object_key": "models/qwen3-32b-lora/"},
        "status": "PENDING",
        "gmt_create": output["gmt_create"],
    }
    assert re.fullmatch(r"qwen3-32b-offline-\d{8}-[a-z0-9]{4}", output["model_name"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", output["gmt_create"])


def test_it_tells_the_request_id_in_body_and_header(simulator: Simulator) -> None:
    first, second = create(simulator.base_url), create(simulator.base_url)

    assert first.json()["request_id"] == first.headers["x-request-id"]
    assert first.json()["request_id"] != second.json()["request_id"]


def test_it_makes_two_jobs_of_two_equal_orders(simulator: Simulator) -> None:
    first, second = create(simulator.base_url), create(simulator.base_url)

    assert first.output["job_id"] != second.output["job_id"]
    assert first.output["model_name"] != second.output["model_name"]
    assert len(simulator.jobs()) == 2


def test_it_names_a_job_after_its_base_model_when_no_name_is_given(simulator: Simulator) -> None:
    order = {name: value for name, value in ORDER.items() if name != "display_name"}

    reply = ask(simulator.base_url, "POST", body=order)

    assert reply.output["display_name"] == "qwen3-32b"


def test_it_takes_fifty_characters_of_any_script(simulator: Simulator) -> None:
    name = "模" * 49 + "🐼"

    reply = create(simulator.base_url, display_name=name)

    assert reply.output["display_name"] == name


@pytest.mark.parametrize("weight_type", ["full", "lora"])
def test_it_takes_both_weight_types(simulator: Simulator, weight_type: str) -> None:
    assert create(simulator.base_url, weight_type=weight_type).output["weight_type"] == weight_type


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model_name", None),
        ("model_name", " "),
        ("model_name", 32),
        ("display_name", ""),
        ("display_name", "x" * 51),
        ("display_name", None),
        ("display_name", "\ud800"),
        ("source", "OSS"),
        ("source", "https"),
        ("source", None),
        ("weight_type", "LoRA"),
        ("weight_type", ""),
        ("weight_type", ["lora"]),
        ("storage_info", None),
        ("storage_info", "oss://team-models/models/"),
    ],
)
def test_it_refuses_an_illegal_field_by_its_name(
    simulator: Simulator, field: str, value: object
) -> None:
    reply = create(simulator.base_url, **{field: value})

    assert (reply.status, reply.code) == (400, "InvalidParameter")
    assert f"'{field}'" in reply.json()["message"]
    assert simulator.jobs() == []


@pytest.mark.parametrize("field", ["model_name", "source", "weight_type", "storage_info"])
def test_it_refuses_an_order_without_a_required_field(simulator: Simulator, field: str) -> None:
    order = {name: value for name, value in ORDER.items() if name != field}

    reply = ask(simulator.base_url, "POST", body=order)

    assert (reply.status, reply.code) == (400, "InvalidParameter")
    assert f"'{field}'" in reply.json()["message"]


@pytest.mark.parametrize(
    "bucket_name",
    ["ab", "x" * 64, "Team-Models", "team_models", "-team", "team-", "team.models", "团队", None],
)
def test_it_refuses_a_bucket_name_outside_the_rules(
    simulator: Simulator, bucket_name: object
) -> None:
    storage_info = {"bucket_name": bucket_name, "object_key": "models/a/"}

    reply = create(simulator.base_url, storage_info=storage_info)

    assert (reply.status, reply.code) == (400, "InvalidParameter")
    assert "'storage_info.bucket_name'" in reply.json()["message"]


@pytest.mark.parametrize(
    "object_key",
    [
        "",
        "/",
        "models/a",
        "/models/a/",
        "\\models/",
        "oss://team-models/models/a/",
        "models/\n/",
        "m" * 1023 + "/",
        None,
    ],
)
def test_it_refuses_a_path_that_is_no_directory_below_the_root(
    simulator: Simulator, object_key: object
) -> None:
    storage_info = {"bucket_name": "team-models", "object_key": object_key}

    reply = create(simulator.base_url, storage_info=storage_info)

    assert (reply.status, reply.code) == (400, "InvalidParameter")
    assert "'storage_info.object_key'" in reply.json()["message"]


def test_it_takes_a_chinese_path(simulator: Simulator) -> None:
    reply = create_at(simulator.base_url, "模型/客服/")

    assert reply.output["storage_info"]["object_key"] == "模型/客服/"


def test_it_does_not_know_every_base_model(simulator: Simulator) -> None:
    reply = create(simulator.base_url, model_name="gpt-4")

    assert (reply.status, reply.code) == (404, "NotFound")
    assert "gpt-4" in reply.json()["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"oss"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"model_name": ' + b"1" * 5_000 + b"}",
        json.dumps([ORDER]).encode(),
    ],
    ids=["empty", "cut", "list", "text", "no UTF-8", "deep", "huge number", "list of orders"],
)
def test_it_refuses_a_body_that_is_no_json_object(simulator: Simulator, body: bytes) -> None:
    reply = ask(simulator.base_url, "POST", body=body)

    assert (reply.status, reply.code) == (400, "InvalidParameter")
    assert list(reply.json()) == ["request_id", "code", "message"]


@pytest.mark.parametrize("length", ["many", "-1", "1e3", "9" * 30])
def test_it_takes_a_length_that_is_none_for_no_body(simulator: Simulator, length: str) -> None:
    reply = ask(simulator.base_url, "POST", headers={"Content-Length": length})

    assert (reply.status, reply.code) == (400, "InvalidParameter")
