"""Everything that people read is in English and in Chinese, and the two say the same.

Where the catalogue lags behind the sources, `make messages` brings it up to date.
"""

import ast
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.reading import ROOT, files, python_files
from tests.house.visible import LANGUAGE, TRANSLATED, texts_of_template
from tests.translations import PO, Message, compiled, extracted, messages

# The same in every language, or samples of type on the style guide.
NAMES = {"OSS", "LoRA", "OpenAPI 3.1", "Aa 字", "Lin Yue"}
WORD = re.compile(r"[A-Za-z]{2,}")
# What a translator carries over: placeholders, the number of a script's count, tags, code.
CARRIED = re.compile(r"%\(\w+\)s|\{\w+\}|#|</?[a-z][^>]*>|`[^`]+`")

GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
SHOWN_ARGUMENTS = {"label", "help_text", "verbose_name", "verbose_name_plural", "empty_label"}
SENTENCE = re.compile(r"[A-Z][a-z’']* [A-Za-z]|[A-Z][^.?!]*[a-z][.?!]$")
# In English alone: for the terminal, for Prometheus, or for an auditor's own machine, which has
# no gettext; and a name that a workspace begins with, and one as an example.
ENGLISH = {
    "jobs/checks.py",
    "jobs/management",
    "jobs/services/accounts.py",
    "jobs/services/diagnosis",
    "jobs/services/exports_bundle.py",
    "jobs/services/exports_verifier.py",
    "jobs/services/text_index.py",
    "jobs/views/metrics.py",
}
ENGLISH_NAMES = {"Model Studio", "Model Studio ", "Support tone", "Import Desk"}


@pytest.fixture(scope="module")
def catalogue() -> list[Message]:
    return list(messages((ROOT / PO).read_text(encoding="utf-8")))


# --- The catalogue ------------------------------------------------------------------------------


def test_it_holds_exactly_the_texts_of_the_sources(catalogue: list[Message]) -> None:
    held = {(message.text, message.plural) for message in catalogue}

    wanted = {(message.text, message.plural) for message in messages(extracted())}

    assert held == wanted, "make messages, then translate what is new"


def test_every_text_is_translated(catalogue: list[Message]) -> None:
    assert [message.text for message in catalogue if not all(message.translations)] == []
    assert "#, fuzzy" not in (ROOT / PO).read_text(encoding="utf-8")


def test_translations_carry_every_placeholder_and_tag(catalogue: list[Message]) -> None:
    def carried(text: str) -> Counter[str]:
        return Counter(CARRIED.findall(text))

    lost = [
        message.text
        for message in catalogue
        if any(
            carried(translation) != carried(message.plural or message.text)
            for translation in message.translations
        )
    ]

    assert lost == []


def test_chinese_needs_one_form_for_every_number(catalogue: list[Message]) -> None:
    assert [message.text for message in catalogue if len(message.translations) != 1] == []
    assert [message for message in catalogue if message.plural] != []


def test_sentences_end_as_chinese_ones_do(catalogue: list[Message]) -> None:
    """Full-width punctuation, and no half-width one between Chinese characters."""
    half_width = re.compile(r"(?<=[\u4e00-\u9fff])[,;:?!()]|[,;:?!](?=[\u4e00-\u9fff])")
    lone_stop = re.compile(r"(?<=[\u4e00-\u9fff])\.(?!\.)")

    wrong = [
        text
        for message in catalogue
        for text in message.translations
        if half_width.search(text) or lone_stop.search(text)
    ]

    assert wrong == []


def test_the_compiled_catalogue_is_that_of_the_sources(tmp_path: Path) -> None:
    committed = ROOT / PO.with_suffix(".mo")

    anew = compiled(ROOT / PO, tmp_path)

    assert _decompiled(committed) == _decompiled(anew)


def _decompiled(mo: Path) -> str:
    return subprocess.run(
        [shutil.which("msgunfmt") or "msgunfmt", mo], capture_output=True, text=True, check=True
    ).stdout


# --- No text outside gettext --------------------------------------------------------------------


def test_templates_hold_no_words_outside_gettext() -> None:
    found = [
        (path.name, text)
        for path in files("templates/*")
        if path.suffix == ".html"
        for text in texts_of_template(path.read_text(encoding="utf-8"))
        if WORD.search(text) and text not in NAMES
    ]

    assert found == []


def test_templates_pass_no_words_outside_gettext_on() -> None:
    found = [
        (path.name, tag)
        for path in files("templates/*")
        if path.suffix == ".html"
        for tag in LANGUAGE.findall(TRANSLATED.sub("", path.read_text(encoding="utf-8")))
        for text in _literals(tag)
        if SENTENCE.match(text) and text not in NAMES
    ]

    assert found == []


def _literals(tag: str) -> list[str]:
    if tag.startswith(("{% translate ", "{% trans ")):
        return []
    return re.findall(r'(?<!_\()"([^"]*)"', tag) + re.findall(r"(?<!_\()'([^']*)'", tag)


def test_code_shows_no_words_outside_gettext() -> None:
    found = [
        (str(path.relative_to(ROOT)), text)
        for path in python_files()
        if path.is_relative_to(ROOT / "jobs") and not _is_english(path)
        for text in _shown(ast.parse(path.read_text(encoding="utf-8")))
        if text not in ENGLISH_NAMES
    ]

    assert found == []


def test_every_exception_is_needed() -> None:
    paths = {str(path.relative_to(ROOT)) for path in python_files()}
    texts = [text for path in python_files() for text in _shown_in(path)]
    templates = [
        text
        for path in files("templates/*")
        if path.suffix == ".html"
        for text in texts_of_template(path.read_text(encoding="utf-8"))
    ]

    assert {name for name in ENGLISH if not any(path.startswith(name) for path in paths)} == set()
    assert set(texts) >= ENGLISH_NAMES
    assert set(templates) >= NAMES


def _is_english(path: Path) -> bool:
    name = str(path.relative_to(ROOT))
    # These have no Django, and so no gettext; explanations hold both languages as data.
    plain = ("jobs/dashscope", "jobs/simulator", "jobs/explanations")
    return name.startswith((*ENGLISH, *plain))


def _shown_in(path: Path) -> list[str]:
    if not path.is_relative_to(ROOT / "jobs") or _is_english(path):
        return []
    return list(_shown(ast.parse(path.read_text(encoding="utf-8"))))


def _shown(node: ast.AST) -> Iterator[str]:
    """The texts in code that are shown to people, or may well be, outside calls of gettext."""
    if isinstance(node, ast.Call) and _name(node) in GETTEXT:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if SENTENCE.match(node.value):
            yield node.value
        return
    if isinstance(node, ast.Call):
        shown = [word.value for word in node.keywords if word.arg in SHOWN_ARGUMENTS]
        if ast.unparse(node.func).startswith("messages."):
            shown += node.args[1:]
        if _name(node) == "ValidationError":
            shown += node.args[:1]
        yield from (text.value for text in shown if _is_single_word(text))
    if isinstance(node, ast.ClassDef) and "Choices" in ast.unparse(ast.Module(node.bases, [])):
        yield from (
            label.value
            for choice in node.body
            if isinstance(choice, ast.Assign) and isinstance(choice.value, ast.Tuple)
            for label in choice.value.elts[1:]
            if _is_single_word(label)
        )
    for child in ast.iter_child_nodes(node):
        yield from _shown(child)


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _is_single_word(node: ast.AST) -> bool:
    """What SENTENCE leaves out: a label such as "Name"."""
    return isinstance(node, ast.Constant) and WORD.fullmatch(str(node.value)) is not None
