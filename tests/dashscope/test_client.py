import json
import time
import tomllib
from datetime import UTC, datetime

import pytest
import time_machine

from jobs.dashscope import CreatedJob, NotSent, OutcomeUnknown, Reason, RemoteJob
from jobs.dashscope.client import Client
from tests.dashscope.examples import (
    CALLS,
    GOOD_BODIES,
    JOB_ID,
    KEY,
    PATIENT,
    PAYLOAD,
    body,
    call,
    client_of,
    job,
    outcome_of,
    page,
)
from tests.dashscope.raw_server import Peer, RawServer, answer, head


def parts_of(request: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, content = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [tuple(line.split(": ", 1)) for line in lines]
    assert len(dict(pairs)) == len(pairs), "a header came twice"
    return first, dict(pairs), content


def test_it_sends_the_documented_create_and_nothing_else():
    with RawServer(answer(GOOD_BODIES["create"])) as server, client_of(server) as client:
        client.create(PAYLOAD)

    (request,) = server.requests
    first, headers, content = parts_of(request)
    assert server.connections == 1
    assert first == "POST /api/v1/custom_models/import HTTP/1.1"
    assert headers == {
        "Host": f"127.0.0.1:{server.port}",
        # The two that the vendor documents.
        "Authorization": f"Bearer {KEY}",
        "Content-Type": "application/json",
        # How this client names itself, and what it can read.
        "User-Agent": "import-desk/0.1.0",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": str(len(PAYLOAD)),
    }
    assert content == PAYLOAD


def test_the_create_body_has_the_documented_keys_in_the_documented_order():
    documented = """{
        "model_name": "qwen3-32b",
        "display_name": "我的 LoRA 调优模型",
        "source": "oss",
        "weight_type": "lora",
        "storage_info": {
            "bucket_name": "my-model-bucket",
            "object_key": "models/qwen3-32b-lora/"
        }
    }"""

    with RawServer(answer(GOOD_BODIES["create"])) as server, client_of(server) as client:
        client.create(PAYLOAD)
    sent = server.requests[0].partition(b"\r\n\r\n")[2].decode()

    pairs = {"object_pairs_hook": list}
    assert json.loads(sent, **pairs) == json.loads(documented, **pairs)


def test_it_sends_the_very_bytes_it_was_given():
    payload = b'{ "model_name" :\t"\xff\xfe not even UTF-8" }'

    with RawServer(answer(GOOD_BODIES["create"])) as server, client_of(server) as client:
        client.create(payload)

    assert server.requests[0].endswith(b"\r\n\r\n" + payload)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("get", f"GET /api/v1/custom_models/import/{JOB_ID} HTTP/1.1"),
        ("list", "GET /api/v1/custom_models/import?page_no=1&page_size=100 HTTP/1.1"),
        ("delete", f"DELETE /api/v1/custom_models/import/{JOB_ID} HTTP/1.1"),
    ],
)
def test_every_other_call_carries_the_documented_headers_too(name, first):
    with RawServer(answer(GOOD_BODIES[name])) as server, client_of(server) as client:
        call(client, name)

    line, headers, content = parts_of(server.requests[0])
    assert line == first
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Content-Type"] == "application/json"
    assert content == b""


def test_create_reads_the_documented_answer():
    with RawServer(answer(GOOD_BODIES["create"])) as server, client_of(server) as client:
        created = client.create(PAYLOAD)

    assert isinstance(created, CreatedJob)
    assert created.job == RemoteJob(
        job_id=JOB_ID,
        model_name="qwen3-32b-offline-20240101-abc1",
        display_name="我的 LoRA 调优模型",
        source="OSS",
        bucket_name="my-model-bucket",
        object_key="models/qwen3-32b-lora/",
        status="PENDING",
        gmt_create="2024-01-01T12:00:00.000+00:00",
        created_at=datetime(2024, 1, 1, 12, tzinfo=UTC),
        weight_type="lora",
    )


@pytest.mark.parametrize("name", ["get", "delete"])
def test_an_answer_without_a_weight_type_says_that_none_came(name):
    with RawServer(answer(GOOD_BODIES[name])) as server, client_of(server) as client:
        assert call(client, name).job.weight_type == ""


def test_get_reads_the_sentence_of_a_failed_job():
    failed = job(status="FAILED", error_code="OSS获取文件失败，请检查OSS内文件")

    with RawServer(answer(body(failed))) as server, client_of(server) as client:
        found = client.get(JOB_ID).job

    assert (found.status, found.error_code) == ("FAILED", "OSS获取文件失败，请检查OSS内文件")


def test_delete_gives_back_the_job_with_its_last_status():
    with RawServer(answer(GOOD_BODIES["delete"])) as server, client_of(server) as client:
        assert client.delete(JOB_ID).job.status == "SUCCESSED"


def test_list_reads_a_page():
    other = job(job_id="edb0", status="FAILED", error_code="AvailableModelFileNotFound")
    listed = page(job(), other, total=12, page_no=3, page_size=2)

    with RawServer(answer(body(listed))) as server, client_of(server) as client:
        found = client.list(page_no=3, page_size=2)

    assert [one.job_id for one in found.jobs] == [JOB_ID, "edb0"]
    assert found.jobs[1].error_code == "AvailableModelFileNotFound"
    assert (found.total, found.page_no, found.page_size) == (12, 3, 2)


def test_an_empty_page_is_a_page():
    with RawServer(answer(body(page()))) as server, client_of(server) as client:
        assert client.list().jobs == ()


def test_list_filters_by_the_word_of_the_wire_and_quotes_the_name():
    with RawServer(answer(GOOD_BODIES["list"])) as server, client_of(server) as client:
        client.list(page_no=2, page_size=10, status="SUCCEEDED", model_name="a b&c=中")

    assert server.requests[0].startswith(
        b"GET /api/v1/custom_models/import"
        b"?page_no=2&page_size=10&status=SUCCESSED&model_name=a+b%26c%3D%E4%B8%AD HTTP/1.1\r\n"
    )


@pytest.mark.parametrize("wrong", [{"page_no": 0}, {"page_size": 0}, {"page_size": 101}])
def test_list_refuses_a_page_that_the_api_does_not_have(wrong):
    with client_of("http://127.0.0.1:9") as client, pytest.raises(ValueError, match="page_"):
        client.list(**wrong)


@pytest.mark.parametrize(
    ("job_id", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("../../v2/keys", "..%2F..%2Fv2%2Fkeys"),
        ("a?b#c&d", "a%3Fb%23c%26d"),
        ("50%2F", "50%252F"),
        ("任务", "%E4%BB%BB%E5%8A%A1"),
        ("a b", "a%20b"),
    ],
)
@pytest.mark.parametrize("name", ["get", "delete"])
def test_a_job_id_stays_one_segment_of_the_path(name, job_id, segment):
    behaviour = answer(body(job(job_id=job_id)))

    with RawServer(behaviour) as server, client_of(server) as client:
        found = getattr(client, name)(job_id)

    assert f"/api/v1/custom_models/import/{segment} HTTP/1.1".encode() in server.requests[0]
    assert found.exchange.path == f"/api/v1/custom_models/import/{segment}"


@pytest.mark.parametrize(
    "job_id", ["", ".", "..", " ", "a\nb", "a\x00", "\ud800", "x" * 201, " a", chr(0xFFFD)]
)
@pytest.mark.parametrize("name", ["get", "delete"])
def test_what_cannot_be_a_job_id_is_refused_before_anything_is_sent(name, job_id):
    with (
        RawServer(answer(GOOD_BODIES[name])) as server,
        client_of(server) as client,
        pytest.raises(ValueError, match="cannot be a job_id"),
    ):
        getattr(client, name)(job_id)

    assert server.connections == 0


@pytest.mark.parametrize("name", ["get", "delete"])
def test_the_answer_about_another_job_is_no_answer(name):
    error, _ = outcome_of(name, answer(body(job(job_id="another"))))

    assert isinstance(error, OutcomeUnknown)
    assert error.reason == Reason.OTHER_JOB


@pytest.mark.parametrize("name", CALLS)
def test_the_exchange_records_what_went_over_the_wire(name):
    headers = (
        "Date: Tue, 03 Nov 2026 08:15:30 GMT",
        "Content-Type: application/json",
        "X-Request-Id: from-the-header",
        "Set-Cookie: acw_tc=secret",
        "Server: istio-envoy",
    )
    before = datetime.now(UTC)

    answered, server = outcome_of(name, answer(GOOD_BODIES[name], headers=headers))
    exchange = answered.exchange

    method, target, _ = server.requests[0].split(b"\r\n")[0].decode().split(" ")
    assert (exchange.method, exchange.path) == (method, target)
    assert exchange.request_body == (PAYLOAD.decode() if name == "create" else "")
    assert exchange.requests_sent == 1
    assert exchange.status_code == 200
    assert exchange.response_headers == {
        "date": "Tue, 03 Nov 2026 08:15:30 GMT",
        "content-type": "application/json",
        "x-request-id": "from-the-header",
    }
    assert exchange.response_body == GOOD_BODIES[name].decode()
    assert exchange.response_bytes == len(GOOD_BODIES[name])
    assert exchange.response_truncated is False
    assert exchange.request_id == "6c6b1a2b-3fea"
    assert before <= exchange.started_at <= exchange.finished_at <= datetime.now(UTC)
    elapsed = exchange.finished_at - exchange.started_at
    # Half a millisecond is rounded one way or the other.
    assert abs(exchange.duration_ms - elapsed.total_seconds() * 1000) <= 1
    assert exchange.server_date == datetime(2026, 11, 3, 8, 15, 30, tzinfo=UTC)


def test_a_create_whose_time_is_up_does_not_leave():
    with (
        RawServer(answer(GOOD_BODIES["create"])) as server,
        client_of(server) as client,
        pytest.raises(NotSent),
    ):
        client.create(PAYLOAD, ends_at=time.monotonic())

    assert server.requests == []


def test_the_request_id_falls_back_to_the_header():
    behaviour = answer(json.dumps({"output": job()}).encode(), headers=("X-Request-Id: h-1",))

    with RawServer(behaviour) as server, client_of(server) as client:
        assert client.get(JOB_ID).exchange.request_id == "h-1"


def test_a_body_that_databases_refuse_is_made_storable():
    mangled = body(job(display_name="a\x00b\ud83db")).replace(b"a\\u0000b", b"a\\u0000\xffb")
    raw = mangled + b" \x00"

    found, _ = outcome_of("get", answer(mangled))
    error, _ = outcome_of("get", answer(raw))

    assert found.job.display_name == "a\u2400\ufffdb\ufffdb"
    assert error.exchange.response_body.endswith("} \u2400")
    assert "\ufffd" in error.exchange.response_body


def test_the_version_it_names_is_the_version_of_the_product(request):
    project = tomllib.loads((request.config.rootpath / "pyproject.toml").read_text())["project"]

    with RawServer(answer(GOOD_BODIES["list"])) as server, client_of(server) as client:
        client.list()

    assert f"User-Agent: {project['name']}/{project['version']}\r\n".encode() in server.requests[0]


def test_the_client_says_where_it_calls_and_not_with_what():
    client = Client(base_url="https://dashscope.aliyuncs.com/", api_key=KEY, timeouts=PATIENT)

    assert repr(client) == "<Client of https://dashscope.aliyuncs.com>"
    client.close()


def test_a_call_never_ends_before_it_starts_even_when_the_clock_is_set_back():
    clock = time_machine.travel(datetime(2026, 11, 3, tzinfo=UTC), tick=False)

    def set_back(peer: Peer) -> None:
        peer.read_request()
        traveller.shift(-3600)
        peer.send(head("200 OK", "Content-Length: 0"))

    with clock as traveller:
        error, _ = outcome_of("create", set_back)

    assert error.exchange.started_at == datetime(2026, 11, 3, tzinfo=UTC)
    assert error.exchange.finished_at >= error.exchange.started_at
