"""Every documented code for every call, every outcome of our own, and the words of them all."""

import re

import pytest

from jobs.dashscope.errors import Reason
from jobs.explanations import Explanation, Text, explain
from jobs.explanations.catalogue import ENTRIES, FALLBACKS
from tests.explanations.examples import (
    API_CALLS,
    DESK_OUTCOMES,
    GATEWAY_CODES,
    IMPORT_PAGE_CODES,
    NOT_SENT,
    UNKNOWN,
    examples,
)

EXAMPLES = list(examples())
ONE_EACH = list(dict(EXAMPLES).items())
SERVER_CODES = (
    "InternalError",
    "SystemError",
    "RequestTimeOut",
    "ModelServingError",
    "ModelUnavailable",
)
BILLING_CODES = (
    "Arrearage",
    "AllocationQuota.FreeTierOnly",
    "Throttling.AllocationQuota",
    "CommodityNotPurchased",
    "PrepaidBillOverdue",
    "PostpaidBillOverdue",
)
RATE_CODES = ("Throttling", "Throttling.RateQuota", "Throttling.BurstRate")
CHINESE = re.compile("[\u4e00-\u9fff]")
# Pages that the vendor has in both languages, with the anchors that its own messages name.
PAGES = {
    "bailian-service-linked-role",
    "create-import-job-api",
    "custom-model-object-api",
    "custom-models-api",
    "delete-import-job-api",
    "error-code",
    "error-code#apikey-error",
    "error-code#overdue-payment",
    "get-api-key",
    "get-import-job-api",
    "list-import-jobs-api",
    "model-import",
}
SETTINGS = {
    "",
    "DASHSCOPE_API_KEY",
    "DASHSCOPE_BASE_URL",
    "DASHSCOPE_PROXY",
    "DASHSCOPE_CONNECT_TIMEOUT_SECONDS",
    "DASHSCOPE_READ_TIMEOUT_SECONDS",
    "FOLLOW_INTERVAL_SECONDS",
    "SEND_RETRY_SECONDS",
    "SETTLE_PERIOD_SECONDS",
    "SUBMISSION_EXPIRES_SECONDS",
}


def texts(explanation: Explanation) -> dict[str, Text]:
    return {part: getattr(explanation, part) for part in ("title", "cause", "fix", "retry")}


@pytest.mark.parametrize(("key", "arguments"), EXAMPLES)
def test_each_example_gets_its_explanation(key: str, arguments: dict[str, str]) -> None:
    explanation = explain(**arguments)

    assert explanation.key == key
    assert explanation.known is (key.split(".")[1] not in {"unknown", "silent"})


@pytest.mark.parametrize("code", [*IMPORT_PAGE_CODES, *GATEWAY_CODES])
def test_each_documented_code_is_explained_for_each_call_in_both_languages(code: str) -> None:
    for call in API_CALLS:
        explanation = explain(call=call, code=code)

        assert explanation.known, call
        for part, text in texts(explanation).items():
            assert re.search("[A-Za-z]", text.in_language("en")), (call, part)
            assert not CHINESE.search(text.en), (call, part)
            assert CHINESE.search(text.in_language("zh-hans")), (call, part)


def test_no_explanation_is_out_of_reach() -> None:
    written = {f"{call}.{entry.name}" for entry in ENTRIES + FALLBACKS for call in entry.calls}

    reached = {explain(**arguments).key for _, arguments in EXAMPLES}

    assert reached == written


def test_each_key_is_written_once() -> None:
    keys = [f"{call}.{entry.name}" for entry in ENTRIES + FALLBACKS for call in entry.calls]

    assert sorted(keys) == sorted(set(keys))


def test_each_reason_of_the_client_is_explained() -> None:
    explained = {*NOT_SENT, *UNKNOWN, "rejected", "throttled"}

    assert explained == {str(reason) for reason in Reason}
    assert not explained & set(DESK_OUTCOMES)


@pytest.mark.parametrize(("key", "arguments"), ONE_EACH)
def test_the_words_are_short_and_calm(key: str, arguments: dict[str, str]) -> None:
    explanation = explain(**arguments)

    for part, text in texts(explanation).items():
        english = re.sub(r"https?://\S+|oss://", "", text.en)
        assert not re.search("[!！]", text.en + text.zh), part
        # The REST API shows the same words, and there nothing is above or below.
        place = r"\bbelow\b(?! it| the)|\babove\b|下方|上方"
        assert not re.search(place, text.en + text.zh), part
        assert len(re.findall(r"[.?](?=\s|$)", english)) <= 3, part
        assert text.zh.count("。") <= 3, part
        assert text.en[0].isupper() or text.en.startswith("“"), part
    for part in ("cause", "fix", "retry"):
        assert texts(explanation)[part].en.endswith("."), part
        assert texts(explanation)[part].zh.endswith("。"), part
    assert not explanation.title.en.endswith(".")
    assert not explanation.title.zh.endswith("。")


@pytest.mark.parametrize(("key", "arguments"), ONE_EACH)
def test_the_chinese_is_set_as_chinese_is(key: str, arguments: dict[str, str]) -> None:
    explanation = explain(**arguments)

    for part, text in texts(explanation).items():
        assert CHINESE.search(text.zh), part
        assert not re.search("[\u4e00-\u9fff][,;:?]", text.zh), part
        assert not re.search("[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", text.zh), part


@pytest.mark.parametrize(("key", "arguments"), ONE_EACH)
def test_it_points_to_a_page_and_a_setting_that_exist(key: str, arguments: dict[str, str]) -> None:
    explanation = explain(**arguments)

    english, chinese = explanation.links.en, explanation.links.zh
    assert english.removeprefix("https://www.alibabacloud.com/help/en/model-studio/") in PAGES
    assert chinese.removeprefix("https://help.aliyun.com/zh/model-studio/") in PAGES
    assert explanation.link == english
    assert explanation.setting in SETTINGS


@pytest.mark.parametrize("code", SERVER_CODES)
def test_a_server_error_on_create_is_an_unknown_outcome_and_not_a_failure(code: str) -> None:
    explanation = explain(call="create", code=code)

    assert explanation.retry_safe is False
    assert explanation.heals_by_waiting
    assert "may exist" in explanation.cause.en
    assert "Nothing was created" not in explanation.cause.en


@pytest.mark.parametrize("call", API_CALLS)
@pytest.mark.parametrize("code", BILLING_CODES)
def test_bills_and_quotas_do_not_heal_by_waiting(code: str, call: str) -> None:
    explanation = explain(call=call, code=code)

    assert not explanation.heals_by_waiting
    assert explanation.retry_safe is False


@pytest.mark.parametrize("call", API_CALLS)
@pytest.mark.parametrize("code", RATE_CODES)
def test_rate_limits_heal_by_waiting(code: str, call: str) -> None:
    explanation = explain(call=call, code=code)

    assert explanation.heals_by_waiting
    assert explanation.retry_safe


@pytest.mark.parametrize("reason", NOT_SENT)
def test_what_never_left_created_nothing(reason: str) -> None:
    explanation = explain(call="create", reason=reason)

    assert "nothing was created" in explanation.cause.en
    assert explanation.retry_safe is (reason != "certificate")


@pytest.mark.parametrize("reason", UNKNOWN)
def test_an_unknown_outcome_of_a_create_is_not_to_be_submitted_again(reason: str) -> None:
    explanation = explain(call="create", reason=reason)

    assert explanation.retry_safe is False
    assert explanation.heals_by_waiting
    assert "second import" in explanation.retry.en


@pytest.mark.parametrize(
    ("outcome", "retry_safe"),
    [
        ("missing_key", False),
        ("key_unusable", False),
        ("paused", True),
        ("worker_died", False),
        ("restored", False),
        ("gave_up", True),
        ("expired", True),
        ("absent", True),
        ("conflict", False),
        ("dismissed", True),
        ("gone", None),
        ("deletion_unknown", True),
    ],
)
def test_our_own_outcomes_say_whether_trying_again_is_safe(
    outcome: str, retry_safe: bool | None
) -> None:
    assert explain(call="desk", reason=outcome).retry_safe is retry_safe
