from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation

TAG = "{% load remembered %}{% remembered name word=word %}"


@pytest.fixture
def part(settings: Any, tmp_path: Path) -> Path:
    """A template in a file, which Django itself reads anew each time."""
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [tmp_path],
            "OPTIONS": {"loaders": ["django.template.loaders.filesystem.Loader"]},
        }
    ]
    path = tmp_path / "part.html"
    path.write_text("{% load i18n %}{% translate 'Status' %}: {{ word }}{{ other }}")
    return path


def shown(part: Path, **values: Any) -> str:
    return Template(TAG).render(Context({"name": part.name, **values}))


def test_it_is_rendered_once_for_each_set_of_values(part: Path) -> None:
    first = shown(part, word="one")
    part.write_text("changed on disk, which nobody looks at again")

    assert shown(part, word="one") == first == "Status: one"
    assert shown(part, word="two").startswith("changed")


def test_it_is_rendered_once_for_each_language(part: Path) -> None:
    with translation.override("zh-hans"):
        chinese = shown(part, word="three")

    assert chinese == "状态: three"
    assert shown(part, word="three") == "Status: three"


def test_it_sees_its_own_values_alone_and_escapes_them(part: Path) -> None:
    assert shown(part, word="<b>", other="of the page") == "Status: &lt;b&gt;"


def test_values_that_can_change_are_refused(part: Path) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        shown(part, word=["a list"])


def test_while_debugging_nothing_is_remembered(part: Path, settings: Any) -> None:
    settings.DEBUG = True
    shown(part, word="four")
    part.write_text("changed")

    assert shown(part, word="four") == "changed"


def test_a_template_that_does_not_render_is_not_remembered(part: Path) -> None:
    part.write_text("{% no_such_tag %}")
    with pytest.raises(TemplateSyntaxError):
        shown(part, word="five")
    part.write_text("{{ word }}")

    assert shown(part, word="five") == "five"
