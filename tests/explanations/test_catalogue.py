import tomllib

import pytest

from jobs.explanations.catalogue import CLOSINGS, ENTRIES, FALLBACKS, RETRIES, SUBJECTS, entry_of
from jobs.explanations.catalogue import DIRECTORY as ENTRIES_DIRECTORY

WHOLE = """
name = "Example"
calls = ["create"]
link = "error-code"
en.title = "An example"
en.cause = "It is one."
en.fix = "Leave it."
zh.title = "示例"
zh.cause = "这是示例。"
zh.fix = "无需处理。"
"""


def test_a_table_becomes_an_entry() -> None:
    entry = entry_of(tomllib.loads(WHOLE))

    assert entry.name == "Example"
    assert entry.title.zh == "示例"
    assert entry.patterns is None


def test_a_table_with_a_misspelt_key_is_refused() -> None:
    with pytest.raises(ValueError, match="heals"):
        entry_of(tomllib.loads(WHOLE + "heals = true\n"))


def test_a_table_without_its_chinese_is_refused() -> None:
    with pytest.raises(KeyError, match="zh"):
        entry_of(tomllib.loads(WHOLE.replace("zh.", "de.")))


def test_each_entry_has_a_verdict_on_trying_again_for_each_of_its_calls() -> None:
    for entry in ENTRIES + FALLBACKS:
        for call in entry.calls:
            closing = CLOSINGS[entry.closing, call] if entry.closing else None
            assert (entry.retry or (closing.retry if closing else "")) in RETRIES, entry.name


def test_each_verdict_and_each_closing_is_used() -> None:
    closings = {(entry.closing, call) for entry in ENTRIES for call in entry.calls}
    verdicts = {entry.retry for entry in ENTRIES + FALLBACKS}
    verdicts |= {closing.retry for closing in CLOSINGS.values()}

    assert set(CLOSINGS) <= closings
    assert set(RETRIES) <= verdicts


def test_no_file_of_the_catalogue_is_left_unread() -> None:
    files = {path.stem for path in ENTRIES_DIRECTORY.iterdir()}

    assert files == {*SUBJECTS, "endings", "unknown"}
