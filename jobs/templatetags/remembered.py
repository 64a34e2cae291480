"""Parts of pages that are rendered once for each set of values that they are given."""

import secrets
from collections.abc import Hashable, Iterable
from functools import lru_cache

from django import template
from django.conf import settings
from django.template import Context
from django.template.defaulttags import CsrfTokenNode
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
# A row of a list is 2 to 5 KB with what it was rendered from.
MOST_REMEMBERED = 2000
# Stand in what is remembered of forms for what is filled in each time. Nobody can write them into
# a value: each process draws its own.
_TOKEN, _NEXT = (SafeString(secrets.token_hex()) for _blank in range(2))
_CSRF_TOKEN = CsrfTokenNode()


@register.simple_tag
def remembered(template_name: str, **values: Hashable) -> SafeString:
    """An included template that sees these values and nothing else of the page.

    Its text hangs on the values and the reader's language alone, so it is rendered when it is
    first asked for and is never out of date. It has no request: a form of it has no token, unless
    it is one of `remembered_forms`.
    """
    return _rendered(template_name, get_language(), settings.DEBUG, **values)


@register.simple_tag(takes_context=True)
def remembered_forms(context: Context, template_name: str, **values: Hashable) -> SafeString:
    """The same for a part with forms: `token` in it is the request's field against forgery, and
    `next` the address of the page. Both are filled in each time, and neither is remembered."""
    text = _rendered(
        template_name, get_language(), settings.DEBUG, token=_TOKEN, next=_NEXT, **values
    )
    page = conditional_escape(context["request"].get_full_path())
    return SafeString(text.replace(_TOKEN, _CSRF_TOKEN.render(context)).replace(_NEXT, page))


@register.simple_tag
def remembered_rows(template_name: str, rows: Iterable[Hashable], **values: Hashable) -> SafeString:
    """The same for each of the rows in turn, which the template knows as `row`."""
    language, debug = get_language(), settings.DEBUG
    texts = [_rendered(template_name, language, debug, row=row, **values) for row in rows]
    return SafeString("".join(texts))


def _rendered(
    template_name: str, language: str | None, debug: bool, /, **values: Hashable
) -> SafeString:
    if debug:  # a template that is being written changes under its name
        return _anew(template_name, language, **values)
    return _once(template_name, language, **values)


def _anew(template_name: str, language: str | None, /, **values: Hashable) -> SafeString:
    # In `language`, which is what the thread speaks.
    return render_to_string(template_name, values)


_once = lru_cache(MOST_REMEMBERED)(_anew)
