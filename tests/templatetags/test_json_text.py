import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.templatetags.json_text import LONGEST_LAID_OUT, laid_out

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(html: str) -> str:
    """The text that a reader sees and copies."""
    return unescape(re.sub(r"</?span[^>]*>", "", html))


def test_it_indents_and_colours() -> None:
    html = laid_out('{"a":[1,{}],"b":"c"}')

    assert read(html) == '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": "c"\n}'
    assert '<span class="k">&quot;a&quot;</span>' in html
    assert '<span class="n">1</span>' in html


def test_it_keeps_what_reading_would_change() -> None:
    text = '{"n":1.50e3,"big":123456789012345678901234567890,"n":-0}'

    shown = read(laid_out(text))

    for part in ("1.50e3", "123456789012345678901234567890", "-0"):
        assert part in shown
    assert shown.count('"n"') == 2


def test_escapes_are_read_unless_they_hide_something() -> None:
    shown = read(laid_out(r'["\u5ba2\u670d","\u202e\u0000","\ud800"]'))

    assert '"客服"' in shown
    assert r'"\u202e\u0000"' in shown
    assert r'"\ud800"' in shown


@pytest.mark.parametrize(
    "text", ["<html>502</html>", '{"cut": "of', "", "data: {}", "[" * 100_000, "NaN,"]
)
def test_what_is_not_json_is_shown_as_it_came(text: str) -> None:
    assert unescape(laid_out(text)) == text


def test_markup_is_never_markup() -> None:
    attack = '</span></pre><script>alert("x")</script>'

    for text in (attack, json.dumps({attack: [attack]})):
        assert "<script" not in laid_out(text)
        assert "</pre>" not in laid_out(text)


def test_a_very_long_text_is_not_laid_out() -> None:
    text = json.dumps(["x" * LONGEST_LAID_OUT])

    assert unescape(laid_out(text)) == text


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_it_says_the_same_as_the_text(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    assert json.loads(read(laid_out(text))) == value
