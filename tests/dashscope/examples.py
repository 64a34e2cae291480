"""The vendor's documented answers, and the client that the tests call with."""

import json
from typing import Any

from jobs.dashscope import DashScopeError, Timeouts, build_create_payload
from jobs.dashscope.client import Client
from tests.dashscope.raw_server import LOOPBACK_PEM, Behaviour, RawServer

KEY = "sk-canary-3f9a27c1d0e84b56"
JOB_ID = "937b0c1e-2a4f-4b11-8abe-c2fa5e6d7f80"

# Long enough for a loaded machine; what a test means to run out is set shorter there.
PATIENT = Timeouts(connect_seconds=5, read_seconds=5, total_seconds=10)

PAYLOAD = build_create_payload(
    base_model="qwen3-32b",
    display_name="我的 LoRA 调优模型",
    bucket_name="my-model-bucket",
    object_key="models/qwen3-32b-lora/",
    weight_type="lora",
)


def job(**changes: Any) -> dict[str, Any]:
    """The job of the get example (vendor page: get-import-job-api), with changes."""
    return {
        "job_id": JOB_ID,
        "model_name": "qwen3-32b-offline-20240101-abc1",
        "display_name": "我的 LoRA 调优模型",
        "source": "OSS",
        "storage_info": {"bucket_name": "my-model-bucket", "object_key": "models/qwen3-32b-lora/"},
        "status": "RUNNING",
        "gmt_create": "2024-01-01T12:00:00.000+00:00",
    } | changes


def body(output: Any, **members: Any) -> bytes:
    """A success body around an output."""
    return json.dumps({"request_id": "6c6b1a2b-3fea", "output": output} | members).encode()


def page(*rows: Any, **changes: Any) -> dict[str, Any]:
    """The output of the list example (vendor page: list-import-jobs-api), with these rows."""
    return {"total": len(rows), "page_no": 1, "page_size": 100, "list": list(rows)} | changes


def refusal(code: str = "InvalidParameter", message: str = "Bad value.") -> bytes:
    """A flat error envelope (vendor page: error-code)."""
    return json.dumps({"request_id": "ca21b91b", "code": code, "message": message}).encode()


def client_of(server: RawServer | str, **changes: Any) -> Client:
    """A client of a server, or of any base URL, with the canary key."""
    base_url = server if isinstance(server, str) else server.base_url
    settings: dict[str, Any] = {"api_key": KEY, "timeouts": PATIENT}
    if base_url.startswith("https://127."):
        settings["ca_bundle"] = LOOPBACK_PEM
    return Client(base_url=base_url, **settings | changes)


def call(client: Client, name: str) -> Any:
    """Make one of the four calls."""
    if name == "create":
        return client.create(PAYLOAD)
    if name == "list":
        return client.list()
    return getattr(client, name)(JOB_ID)


def outcome_of(
    name: str, *behaviours: Behaviour, tls: bool = False, **changes: Any
) -> tuple[Any, RawServer]:
    """Make a call against these behaviours: what it returned or raised, and what arrived."""
    with RawServer(*behaviours, tls=tls) as server, client_of(server, **changes) as client:
        try:
            outcome = call(client, name)
        except DashScopeError as error:
            outcome = error
    return outcome, server


NESTED_REFUSAL = json.dumps(
    {
        "error": {
            "message": "Incorrect API key.",
            "type": "invalid_request_error",
            "code": "invalid_api_key",
            "param": "model_name",
        },
        "request_id": "ca21b91b",
    }
).encode()
GATEWAY_PAGE = b"<html><head><title>502</title></head><body><script>alert(1)</script></body></html>"

CALLS = ("create", "get", "list", "delete")
SENT_ONCE = ("create", "delete")
READS = ("get", "list")

GOOD_BODIES = {
    "create": body(job(status="PENDING", weight_type="lora")),
    "get": body(job()),
    "list": body(page(job())),
    "delete": body(job(status="SUCCESSED")),
}
