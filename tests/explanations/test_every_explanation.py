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
# One of each. They share a test, whose failure names the explanation: a test for each took longer.
EACH = [explain(**arguments) for arguments in dict(EXAMPLES).values()]
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
UNSPACED = re.compile("[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]")
ENGLISH_HELP = "https://www.alibabacloud.com/help/en/model-studio/"
CHINESE_HELP = "https://help.aliyun.com/zh/model-studio/"
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


def test_each_example_gets_its_explanation() -> None:
    for key, arguments in EXAMPLES:
        explanation = explain(**arguments)

        assert explanation.key == key, arguments
        assert explanation.known is (key.split(".")[1] not in {"unknown", "silent"}), arguments


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


def test_the_words_are_short_and_calm() -> None:
    for explanation in EACH:
        for part, text in texts(explanation).items():
            english = re.sub(r"https?://\S+|oss://", "", text.en)
            assert not re.search("[!！]", text.en + text.zh), (explanation.key, part)
            # The REST API shows the same words, and there nothing is above or below.
            place = r"\bbelow\b(?! it| the)|\babove\b|下方|上方"
            assert not re.search(place, text.en + text.zh), (explanation.key, part)
            assert len(re.findall(r"[.?](?=\s|$)", english)) <= 3, (explanation.key, part)
            assert text.zh.count("。") <= 3, (explanation.key, part)
            assert text.en[0].isupper() or text.en.startswith("“"), (explanation.key, part)
        for part in ("cause", "fix", "retry"):
            assert texts(explanation)[part].en.endswith("."), (explanation.key, part)
            assert texts(explanation)[part].zh.endswith("。"), (explanation.key, part)
        assert not explanation.title.en.endswith("."), explanation.key
        assert not explanation.title.zh.endswith("。"), explanation.key


def test_the_chinese_is_set_as_chinese_is() -> None:
    for explanation in EACH:
        for part, text in texts(explanation).items():
            assert CHINESE.search(text.zh), (explanation.key, part)
            assert not re.search("[\u4e00-\u9fff][,;:?]", text.zh), (explanation.key, part)
            assert not UNSPACED.search(text.zh), (explanation.key, part)


def test_it_points_to_a_page_and_a_setting_that_exist() -> None:
    for explanation in EACH:
        english, chinese = explanation.links.en, explanation.links.zh
        assert english.removeprefix(ENGLISH_HELP) in PAGES, explanation.key
        assert chinese.removeprefix(CHINESE_HELP) in PAGES, explanation.key
        assert explanation.link == english, explanation.key
        assert explanation.setting in SETTINGS, explanation.key


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
