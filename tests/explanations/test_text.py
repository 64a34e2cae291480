import pytest

from jobs import explanations
from jobs.explanations import Text

TEXT = Text(en="Bucket", zh="存储空间")


@pytest.mark.parametrize("code", ["zh", "zh-hans", "zh-Hans", "zh_Hans", "zh-CN", "ZH"])
def test_any_chinese_language_code_gives_the_chinese_text(code: str) -> None:
    assert TEXT.in_language(code) == "存储空间"


@pytest.mark.parametrize("code", ["en", "en-gb", "de", "", "zhuang"])
def test_every_other_language_code_gives_the_english_text(code: str) -> None:
    assert TEXT.in_language(code) == "Bucket"


def test_english_sentences_are_set_apart_and_chinese_ones_are_not() -> None:
    both = Text("One.", "一。").followed_by(Text("Two.", "二。"))

    assert both == Text("One. Two.", "一。二。")


def test_the_public_names_are_these() -> None:
    assert explanations.__all__ == ["Explanation", "Text", "explain"]
