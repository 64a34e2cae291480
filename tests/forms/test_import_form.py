import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.errors import InvalidFields
from jobs.forms.import_form import ImportForm
from jobs.models import ImportJob, Workspace

MAIN = Workspace(pk=1, slug="main", name="Model Studio Beijing")
RESEARCH = Workspace(pk=2, slug="research", name="Model Studio Singapore")
GOOD = {
    "workspace": "main",
    "base_model": "qwen3-32b",
    "display_name": "Support tone",
    "weight_type": "lora",
    "bucket_name": "acme-models",
    "object_key": "cs/intent-v8/",
    "form_token": "5f0c9a52-63f4-4f5e-9f0c-0d5a3d7a1b11",
}


def posted(**changes: str) -> ImportForm:
    return ImportForm({**GOOD, **changes}, workspaces=[MAIN, RESEARCH])


def test_it_strips_the_white_space_around_a_value_and_shows_it_to_the_letter() -> None:
    form = posted(display_name="  客服意图 🎧 \t", bucket_name=" Acme ")

    assert not form.is_valid()
    assert form.content["display_name"] == "客服意图 🎧"
    assert form["display_name"].value() == "  客服意图 🎧 \t"
    assert form["bucket_name"].value() == " Acme "


def test_it_counts_characters_as_dashscope_does() -> None:
    form = posted(display_name=" 客服意图👩‍🚀 ")

    assert form.display_name_length() == 7  # the emoji is three code points


def test_it_offers_what_would_be_acceptable() -> None:
    form = posted(object_key="cs/intent-v8")

    assert list(form.errors) == ["object_key"]
    assert form.rows["object_key"].suggestion == "cs/intent-v8/"


def test_it_fills_in_a_suggestion_that_was_taken() -> None:
    form = posted(object_key="cs/intent-v8", use_object_key="cs/intent-v8/")

    assert form.is_valid()
    assert form.used == "object_key"
    assert form["object_key"].value() == "cs/intent-v8/"
    assert "autofocus" in str(form["object_key"])


def test_it_splits_a_pasted_address_and_says_so() -> None:
    form = posted(bucket_name="", object_key="oss://acme-models/cs/intent-v8/")

    assert form.is_valid()
    assert form.content["bucket_name"] == form["bucket_name"].value() == "acme-models"
    assert form.content["object_key"] == form["object_key"].value() == "cs/intent-v8/"
    assert form.split_text == (
        "The address was split into the bucket acme-models and the path cs/intent-v8/."
    )


def test_it_says_at_the_field_that_another_bucket_was_typed() -> None:
    form = posted(bucket_name="other-models", object_key="oss://acme-models/cs/intent-v8/")

    assert not form.is_valid()
    assert form.errors["bucket_name"] == [
        "The address pasted as the model directory is in the bucket acme-models; "
        "this field names another."
    ]
    assert form.rows["bucket_name"].suggestion == "acme-models"
    assert form["bucket_name"].value() == "other-models"
    assert form["object_key"].value() == "oss://acme-models/cs/intent-v8/"
    assert form.rows["object_key"].suggestion == "cs/intent-v8/"


@pytest.mark.parametrize("slug", ["", "elsewhere", "main\x00", "主"])
def test_it_takes_only_a_workspace_that_it_offered(slug: str) -> None:
    form = posted(workspace=slug)

    assert not form.is_valid()
    assert list(form.errors) == ["workspace"]


def test_it_does_not_ask_for_the_only_workspace() -> None:
    form = ImportForm({**GOOD, "workspace": ""}, workspaces=[MAIN])

    assert form.is_valid()
    assert form.cleaned_data["workspace"] == MAIN
    assert form["workspace"].is_hidden


def test_it_keeps_its_token_while_the_form_is_corrected() -> None:
    first, again = posted(object_key=""), posted(object_key="")

    assert first.submission_key(7) == again.submission_key(7)
    assert GOOD["form_token"] in str(first["form_token"])


def test_it_knows_another_person_by_another_key() -> None:
    assert posted().submission_key(7) != posted().submission_key(8)


def test_it_shows_the_choice_again_when_another_workspace_was_posted() -> None:
    form = ImportForm({**GOOD, "workspace": "research"}, workspaces=[MAIN])

    assert not form.is_valid()
    assert [row.bound.name for row in form.faulty_rows()] == ["workspace"]
    assert '<option value="main">Model Studio Beijing</option>' in str(form["workspace"])


@pytest.mark.parametrize("token", ["", "x", "5f0c9a52", "\x00" * 36, "5" * 5000, "ＡＢ", "'; --"])
def test_it_renews_a_token_that_no_form_ever_had(token: str) -> None:
    form = posted(form_token=token)

    assert uuid.UUID(form.typed["form_token"])
    assert form.typed["form_token"] != posted(form_token=token).typed["form_token"]


def test_it_renews_its_token_when_asked() -> None:
    form = posted()

    form.renew_token()

    assert form.typed["form_token"] != GOOD["form_token"]
    assert form.typed["form_token"] in str(form["form_token"])


def test_it_puts_what_the_service_refuses_at_its_field() -> None:
    form = posted()
    assert form.is_valid()

    form.refuse(InvalidFields({"reason": ["Say why."]}))

    assert form.errors["reason"] == ["Say why."]
    assert [row.anchor for row in form.faulty_rows()] == ["id_reason"]


def test_it_refuses_a_reason_that_cannot_be_kept() -> None:
    form = posted(allow_duplicate="on", reason="be\x00cause")

    assert not form.is_valid()
    assert list(form.errors) == ["reason"]


def test_it_marks_what_differs_from_the_job_that_is_resubmitted() -> None:
    job = ImportJob(
        **{name: GOOD[name] for name in GOOD if name not in ("workspace", "form_token")}
    )
    changed = {**GOOD, "object_key": "cs/intent-v9/", "weight_type": "full"}

    rows = ImportForm(changed, workspaces=[MAIN], resubmits=job).rows

    assert {name for name, row in rows.items() if row.changed} == {"object_key", "weight_type"}
    assert rows["object_key"].was_shown == "cs/intent-v8/"
    assert rows["weight_type"].was_shown == "LoRA"


def test_it_marks_nothing_on_a_new_form() -> None:
    assert not any(row.changed for row in posted(object_key="other/").rows.values())


@pytest.mark.parametrize("value", [None, 7, ["a", "b"], {"a": "b"}, b"bytes", True])
def test_it_reads_what_is_no_text_as_nothing(value: Any) -> None:
    form = ImportForm({**GOOD, "display_name": value}, workspaces=[MAIN])

    assert form.is_valid()
    assert form.content["display_name"] == ""


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "allow_duplicate", "reason", "use_object_key", "use_bucket_name"]),
        st.text(st.characters()) | st.text("oss:/ab.\\ \x00\u202e", max_size=20),
    )
)
def test_it_withstands_any_text_lone_surrogates_included(data: dict[str, str]) -> None:
    form = ImportForm(data, workspaces=[MAIN, RESEARCH])

    if not form.is_valid():
        assert form.errors
    assert {row.bound.name for row in form.rows.values()} >= {"base_model", "object_key"}
    for name in ("base_model", "display_name"):
        if name in data and not form.used:
            assert form[name].value() == data[name]
