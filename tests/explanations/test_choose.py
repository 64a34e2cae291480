import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.explanations import explain

CALLS = ["create", "get", "list", "delete", "import", "desk"]


def test_not_found_has_a_cause_for_each_call() -> None:
    causes = {call: explain(call=call, code="NotFound").title.en for call in CALLS[:4]}

    assert causes == {
        "create": "This base model cannot be imported",
        "get": "DashScope no longer knows this job",
        "list": "The import API was not found at this host",
        "delete": "The job is already gone at DashScope",
    }


@pytest.mark.parametrize(
    ("called", "other_host"),
    [
        ("singapore", "https://dashscope.aliyuncs.com"),
        ("dashscope-intl.aliyuncs.com", "https://dashscope.aliyuncs.com"),
        ("https://dashscope-intl.aliyuncs.com/", "https://dashscope.aliyuncs.com"),
        ("beijing", "https://dashscope-intl.aliyuncs.com"),
        ("dashscope.aliyuncs.com", "https://dashscope-intl.aliyuncs.com"),
        ("https://dashscope.aliyuncs.com", "https://dashscope-intl.aliyuncs.com"),
    ],
)
def test_a_key_refused_in_one_region_is_told_of_the_other_host(
    called: str, other_host: str
) -> None:
    explanation = explain(call="create", code="InvalidApiKey", region=called)

    assert f"call {other_host} instead" in explanation.fix.en
    assert f"请改为调用 {other_host}（" in explanation.fix.zh


@pytest.mark.parametrize("called", ["", "environment", "127.0.0.1:8001"])
def test_a_refused_key_at_an_unknown_host_is_told_of_both(called: str) -> None:
    explanation = explain(call="list", code="InvalidApiKey", region=called)

    assert explanation.key == "list.InvalidApiKey"
    assert "https://dashscope.aliyuncs.com," in explanation.fix.en
    assert "https://dashscope-intl.aliyuncs.com." in explanation.fix.en


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("The path storage_info.bucket_name is empty", "bucket_name"),
        ("object_key not found in the bucket", "object_key"),
        ("model_name: unknown directory", "model_name"),
        ("the display name has more than 50 characters", "display_name"),
        ("模型名称不能超过50个字符", "display_name"),
        ("模型目录必须以/结尾", "object_key"),
        ("Bucket 不存在", "bucket_name"),
        ("不支持全参训练方式", "weight_type"),
        ("该基础模型不支持导入", "model_name"),
    ],
)
def test_the_name_of_a_field_wins_over_looser_words(message: str, field: str) -> None:
    explanation = explain(call="create", code="InvalidParameter", message=message)

    assert explanation.key == f"create.InvalidParameter.{field}"


def test_words_inside_a_link_are_not_words_of_the_message() -> None:
    message = "Required parameter missing: https://help.aliyun.com/zh/model-studio/base_model/oss"

    explanation = explain(call="create", code="InvalidParameter", message=message)

    assert explanation.key == "create.InvalidParameter"


def test_the_resource_does_not_pass_for_the_source() -> None:
    explanation = explain(
        call="create", code="InvalidParameter", message="The resource is illegal."
    )

    assert explanation.key == "create.InvalidParameter"


def test_a_code_that_extends_another_is_taken_for_itself_first() -> None:
    assert explain(call="get", code="AccessDenied.Unpurchased").key == (
        "get.AccessDenied.Unpurchased"
    )
    assert explain(call="get", code="AccessDenied.SomethingNew").key == "get.AccessDenied"


def test_a_job_limit_is_told_from_a_rate_limit() -> None:
    limit = "Only 20 fine-tune job in running or succeeded allowed per user."

    explanation = explain(call="create", code="Throttling", message=limit)

    assert explanation.key == "create.Throttling.job_limit"
    assert not explanation.heals_by_waiting


def test_the_code_wins_over_the_reason() -> None:
    explanation = explain(call="create", code="Arrearage", reason="rejected")

    assert explanation.key == "create.Arrearage"
    assert explanation.cause.en.endswith("Nothing was created.")


def test_a_refusal_that_left_the_outcome_open_does_not_say_that_nothing_was_made() -> None:
    explanation = explain(call="create", code="InvalidParameter", reason="error_in_200")

    assert explanation.key == "create.InvalidParameter"
    assert "Nothing was created" not in explanation.cause.en
    assert "submit again" not in explanation.fix.en
    assert explanation.retry_safe is False
    assert explanation.heals_by_waiting


def test_an_unknown_code_with_a_known_reason_is_explained_by_the_reason() -> None:
    explanation = explain(call="create", code="UpstreamBroken", reason="server_error")

    assert explanation.key == "create.server_error"


@pytest.mark.parametrize("call", ["create", "delete", "list", "desk", "import"])
def test_what_the_desk_found_out_wins_over_the_call_and_its_code(call: str) -> None:
    explanation = explain(call=call, code="InternalError", reason="absent")

    assert explanation.key == "desk.absent"
    assert explanation.retry_safe


def test_a_reason_may_come_as_the_code() -> None:
    assert explain(call="list", code="read_timeout").key == "list.read_timeout"
    assert explain(call="desk", code="gave_up").key == "desk.gave_up"


def test_a_word_of_the_client_without_a_call_is_about_the_submission() -> None:
    assert explain(call="desk", reason="dns").key == "create.dns"


def test_the_text_of_a_failed_job_may_come_as_the_code() -> None:
    assert explain(call="import", code="词表与基础模型不一致").key == "import.vocabulary"


def test_what_is_inferred_from_wording_says_so() -> None:
    inferred = explain(call="import", error_code="rank 128")
    documented = explain(call="import", error_code="AvailableModelFileNotFound")

    assert "inferred from the wording" in inferred.cause.en
    assert "推断" in inferred.cause.zh
    assert "inferred" not in documented.cause.en


@pytest.mark.parametrize("call", CALLS)
def test_what_is_unknown_is_named_raw_and_said_to_be_unknown(call: str) -> None:
    explanation = explain(call=call, code="Brand.New", message="what?")

    assert not explanation.known
    assert "“Brand.New”" in explanation.cause.en
    assert "“Brand.New”" in explanation.cause.zh


def test_an_unknown_create_does_not_call_trying_again_safe() -> None:
    explanation = explain(call="create", code="Brand.New")

    assert explanation.retry_safe is None
    assert not explanation.heals_by_waiting


def test_a_refusal_with_an_unknown_code_created_nothing_all_the_same() -> None:
    explanation = explain(call="create", code="Brand.New", reason="rejected")

    assert not explanation.known
    assert explanation.cause.en == "DashScope answered “Brand.New”. Nothing was created."


def test_a_long_unknown_text_is_quoted_in_part_and_on_one_line() -> None:
    explanation = explain(call="import", error_code="zq\n" * 500)

    assert "zq zq zq" in explanation.cause.en
    assert "…”" in explanation.cause.en
    assert len(explanation.cause.en) < 400


def test_words_far_into_an_endless_text_are_not_searched() -> None:
    explanation = explain(
        call="create", code="InvalidParameter", message="x " * 5_000 + "object_key"
    )

    assert explanation.key == "create.InvalidParameter"


def test_raw_words_are_quoted_as_they_are() -> None:
    explanation = explain(call="get", code="{raw}{0}%s\\1")

    assert "“{raw}{0}%s\\1”" in explanation.cause.en


def test_an_unknown_call_is_explained_as_our_own_outcome() -> None:
    assert explain(call="", code="Brand.New").key == "desk.unknown"


words = st.one_of(
    st.text(),
    st.sampled_from(["InvalidParameter", "error_in_200", "absent", "NotFound", "singapore", "."]),
)


@given(
    call=st.one_of(st.sampled_from(CALLS), st.text()),
    code=words,
    message=words,
    error_code=words,
    reason=words,
    region=words,
)
def test_it_never_raises_and_always_has_words(
    call: str, code: str, message: str, error_code: str, reason: str, region: str
) -> None:
    explanation = explain(
        call=call, code=code, message=message, error_code=error_code, reason=reason, region=region
    )

    for text in (explanation.title, explanation.cause, explanation.fix, explanation.retry):
        assert text.en
        assert text.zh
    assert explanation.key.split(".")[0] in CALLS
