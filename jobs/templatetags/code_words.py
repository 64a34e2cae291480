"""Words between backticks, shown as code."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def with_code(text: str) -> SafeString:
    """The text, escaped, with what stands between backticks as code."""
    pieces = [
        format_html("<code>{}</code>", piece) if place % 2 else piece
        for place, piece in enumerate(text.split("`"))
    ]
    return format_html_join("", "{}", ((piece,) for piece in pieces))
