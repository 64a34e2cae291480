from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation

from jobs.templatetags import remembered

TAG = "{% load remembered %}{% remembered name word=word %}"
FORMS = "{% load remembered %}{% remembered_forms name word=word %}"


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


def form(part: Path, *, token: str, address: str, word: str = "six") -> str:
    values = {"name": part.name, "word": word, "csrf_token": token}
    return Template(FORMS).render(Context(values | {"request": RequestFactory().get(address)}))


def test_a_forms_token_and_page_are_filled_in_each_time(part: Path) -> None:
    part.write_text("{{ word }} {{ token }} {{ next }}")

    first = form(part, token="AAA", address="/jobs/?q=a&b")
    part.write_text("changed on disk, which nobody looks at again")
    second = form(part, token="BBB", address="/audit/")

    field = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
    assert first == f"six {field.format('AAA')} /jobs/?q=a&amp;b"
    assert second == f"six {field.format('BBB')} /audit/"


def test_neither_is_kept_or_what_a_text_is_kept_by(part: Path) -> None:
    part.write_text("{{ word }} {{ token }} {{ next }}")
    form(part, token="AAA", address="/a/", word="seven")
    kept = remembered._once.cache_info().currsize

    for token in ("BBB", "CCC"):
        form(part, token=token, address=f"/{token}/", word="seven")

    assert remembered._once.cache_info().currsize == kept
    assert "BBB" not in remembered._rendered(
        part.name, "en", False, token=remembered._TOKEN, next=remembered._NEXT, word="seven"
    )
