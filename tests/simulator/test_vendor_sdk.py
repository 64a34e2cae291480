"""A client that we did not write: the mixins of the vendor's own Python SDK."""

from http import HTTPStatus
from typing import Any

import pytest

from jobs.simulator import SIMULATOR_KEY, Simulator
from tests.simulator.asking import ORDER


@pytest.fixture(scope="module")
def custom_models() -> Any:
    """The import call, as the SDK would have it if it had one.

    The SDK is imported when it is used: it takes longer than all tests of this file.
    """
    from dashscope.client.base_api import CreateMixin, DeleteMixin, GetMixin, ListMixin

    class CustomModelImport(CreateMixin, GetMixin, ListMixin, DeleteMixin):
        SUB_PATH = "custom_models/import"

    return CustomModelImport


@pytest.fixture
def address(simulator: Simulator) -> dict[str, Any]:
    return {"base_address": f"{simulator.base_url}/api/v1", "api_key": SIMULATOR_KEY}


def test_it_creates_gets_lists_and_deletes(
    custom_models: Any, simulator: Simulator, address: dict[str, Any]
) -> None:
    created = custom_models.call(ORDER, **address)
    job_id = created.output["job_id"]
    got = custom_models.get(job_id, **address)
    listed = custom_models.list(page_no=1, page_size=100, **address)
    simulator.clock.push(60)
    deleted = custom_models.delete(job_id, **address)

    assert [answer.status_code for answer in (created, got, listed, deleted)] == [HTTPStatus.OK] * 4
    assert created.output["weight_type"] == "lora"
    assert (created.output["status"], got.output["status"]) == ("PENDING", "PENDING")
    assert listed.output["list"] == [got.output]
    assert deleted.output == {**got.output, "status": "SUCCESSED"}
    assert len({answer.request_id for answer in (created, got, listed, deleted)}) == 4
    assert [request.call for request in simulator.requests()] == [
        "create",
        "get",
        "list",
        "delete",
    ]


def test_it_tells_an_error_as_a_value(
    custom_models: Any, simulator: Simulator, address: dict[str, Any]
) -> None:
    unknown = custom_models.call({**ORDER, "model_name": "gpt-4"}, **address)
    denied = custom_models.list(**{**address, "api_key": "no key"})

    assert (unknown.status_code, unknown.code) == (HTTPStatus.NOT_FOUND, "NotFound")
    assert "gpt-4" in unknown.message
    assert (denied.status_code, denied.code) == (HTTPStatus.UNAUTHORIZED, "InvalidApiKey")
    assert unknown.request_id != denied.request_id
    assert simulator.jobs() == []
