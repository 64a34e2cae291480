import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import translation

from jobs.choices import JobStatus
from jobs.explanations import Text
from jobs.templatetags import desk
from jobs.templatetags.looks import LOOK_OF_STATUS

ROOT = Path(__file__).resolve().parents[2]
SPRITE = (ROOT / "templates" / "_sprite.html").read_text(encoding="utf-8")
ICONS = set(re.findall(r'id="i-([\w-]+)"', SPRITE))


def test_every_status_has_a_look() -> None:
    assert set(LOOK_OF_STATUS) == set(JobStatus)
    assert {look.icon for look in LOOK_OF_STATUS.values()} <= ICONS


def test_every_icon_that_a_template_names_is_in_the_sprite_and_none_is_idle() -> None:
    named = {look.icon for look in LOOK_OF_STATUS.values()}
    sources = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "jobs" / "views").rglob("*.py")]
    for source in sources:
        text = source.read_text(encoding="utf-8")
        named |= set(re.findall(r'{% icon "([\w-]+)"', text))
        if source.name == "chrome.py":
            named |= ICONS & set(re.findall(r'"([\w-]+)"', text))

    assert named == ICONS


@pytest.mark.parametrize("status", JobStatus)
def test_a_pill_has_word_icon_and_tone(status: JobStatus) -> None:
    pill = desk.status_pill(status)

    assert f"</svg>{status.label}</span>" in pill
    assert f"tone-{LOOK_OF_STATUS[status].tone}" in pill
    assert f"#i-{LOOK_OF_STATUS[status].icon}" in pill


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Lin Yue", "LY"),
        ("Ada", "A"),
        ("林悦", "林悦"),
        ("欧阳娜娜", "娜娜"),
        ("jean-luc picard", "JP"),
        ("anna.maria.berg", "AB"),
        ("  ", ""),
        ("", ""),
    ],
)
def test_initials_are_two_at_most(name: str, letters: str) -> None:
    assert desk.initials(name) == letters


def test_a_text_is_told_in_the_active_language() -> None:
    text = Text(en="Wait.", zh="请稍候。")

    with translation.override("zh-hans"):
        assert desk.told(text) == "请稍候。"
    with translation.override("en"):
        assert desk.told(text) == "Wait."


def test_a_moment_that_never_was_is_empty() -> None:
    assert Template("{% load desk %}{% moment at %}").render(Context({"at": None})) == ""
