import json
import shlex

import pytest

from jobs.choices import Region
from jobs.errors import InvalidFields
from jobs.models import Workspace
from jobs.services import content, previews

FIELDS = {
    "base_model": "qwen3-32b",
    "display_name": 'It\'s 客服 "v8" $HOME `id`',
    "bucket_name": "acme-models",
    "object_key": "cs/intent-v8/",
    "weight_type": "lora",
}
BEIJING = Workspace(region=Region.BEIJING, key_reference="RESEARCH")


def test_it_shows_the_body_that_would_be_sent() -> None:
    preview = previews.preview(BEIJING, FIELDS)

    assert (preview.method, preview.path) == ("POST", "/api/v1/custom_models/import")
    assert preview.body.encode() == content.check(FIELDS).payload()


def test_it_gives_a_command_that_a_shell_reads_as_meant() -> None:
    command = previews.preview(BEIJING, FIELDS).curl

    words = shlex.split(command.replace("\\\n", ""))
    assert words[:4] == [
        "curl",
        "-X",
        "POST",
        "https://dashscope.aliyuncs.com/api/v1/custom_models/import",
    ]
    assert "Authorization: Bearer $DASHSCOPE_API_KEY" in words
    assert json.loads(words[-1])["display_name"] == FIELDS["display_name"]


def test_it_refuses_what_a_submission_would_refuse() -> None:
    with pytest.raises(InvalidFields) as refused:
        previews.preview(BEIJING, {**FIELDS, "object_key": "cs/intent-v8"})

    assert refused.value.suggestions == {"object_key": "cs/intent-v8/"}
