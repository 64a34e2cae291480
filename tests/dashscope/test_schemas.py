import json
from dataclasses import FrozenInstanceError, fields

import pytest

from jobs.dashscope import build_create_payload
from tests.dashscope.examples import JOB_ID, outcome_of
from tests.dashscope.raw_server import answer, head, reply

FIELDS = {
    "base_model": "qwen3-32b",
    "display_name": "",
    "bucket_name": "my-model-bucket",
    "object_key": "models/qwen3-32b-lora/",
    "weight_type": "full",
}


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u3000"])
def test_a_blank_display_name_is_left_out(blank):
    payload = json.loads(build_create_payload(**FIELDS | {"display_name": blank}))

    assert payload == {
        "model_name": "qwen3-32b",
        "source": "oss",
        "weight_type": "full",
        "storage_info": {"bucket_name": "my-model-bucket", "object_key": "models/qwen3-32b-lora/"},
    }


def test_text_goes_as_utf_8_and_not_as_escapes():
    payload = build_create_payload(**FIELDS | {"display_name": '模型 🚀 "a\\b"\n'})

    assert '"display_name":"模型 🚀 \\"a\\\\b\\"\\n"'.encode() in payload
    assert json.loads(payload)["display_name"] == '模型 🚀 "a\\b"\n'


def test_nothing_is_corrected_on_the_way():
    odd = {name: f" {value or 'x'} " for name, value in FIELDS.items()}

    payload = json.loads(build_create_payload(**odd))

    assert payload["model_name"] == " qwen3-32b "
    assert payload["storage_info"]["object_key"] == " models/qwen3-32b-lora/ "


def test_the_same_fields_make_the_same_bytes():
    assert build_create_payload(**FIELDS) == build_create_payload(**FIELDS)


def test_text_that_has_no_bytes_is_refused():
    with pytest.raises(UnicodeEncodeError):
        build_create_payload(**FIELDS | {"display_name": "\ud800"})


def test_an_exchange_is_a_record_that_shows_no_bodies_in_a_log_line():
    content = json.dumps({"output": {"job_id": JOB_ID}, "secret": "in the body"}).encode()

    found, _ = outcome_of("get", answer(content))

    assert "in the body" not in repr(found.exchange)
    with pytest.raises(FrozenInstanceError):
        found.exchange.response_body = ""


def test_every_text_of_every_record_can_be_stored_as_utf_8_without_nul():
    nasty = "\x00\ud800x"
    output = dict.fromkeys(("model_name", "display_name", "source", "status", "gmt_create"), nasty)
    output |= {"job_id": JOB_ID, "weight_type": nasty, "error_code": nasty}
    output["storage_info"] = {"bucket_name": nasty, "object_key": nasty}
    content = json.dumps({"output": output, "request_id": nasty}).encode() + b"\r\n"

    found, _ = outcome_of(
        "get", reply(head("200 OK", "X-Request-Id: \xff", "Content-Type: \x00") + content)
    )

    for record in (found.job, found.exchange):
        texts = [getattr(record, one.name) for one in fields(record)]
        texts += found.exchange.response_headers.values()
        for text in texts:
            assert not isinstance(text, str) or b"\x00" not in text.encode()
