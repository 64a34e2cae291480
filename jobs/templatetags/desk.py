"""The tags that templates use: icons, states, times, and texts in the reader's language."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from jobs.choices import JobStatus
from jobs.explanations import Text
from jobs.templatetags import json_text
from jobs.templatetags.clock import Clock
from jobs.templatetags.looks import LOOK_OF_STATUS

register = template.Library()
AGES = SafeString(" data-age")  # static/js/ages.js goes on telling it


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of templates/_sprite.html. It says nothing alone: a word stands beside it."""
    turning = " icon-turning" if name == "turning" else ""
    return format_html(
        '<svg class="icon{}" viewBox="0 0 16 16" aria-hidden="true"><use href="#i-{}"/></svg>',
        turning,
        name,
    )


@register.simple_tag
def status_pill(status: str, large: bool = False) -> SafeString:
    """A job's status as word, icon and colour."""
    known = JobStatus(status)
    look = LOOK_OF_STATUS[known]
    return format_html(
        '<span class="pill tone-{}{}">{}{}</span>',
        look.tone,
        " pill-large" if large else "",
        icon(look.icon),
        known.label,
    )


@register.simple_tag(takes_context=True)
def moment(context: dict[str, Any], at: datetime | None, style: str = "exact") -> str:
    """A time in the reader's zone: `exact`, `to_the_second`, `short`, `age` or `ago`."""
    if at is None:
        return ""
    clock: Clock = context["clock"]
    exact = clock.exact(at)
    text = exact if style == "exact" else getattr(clock, style)(at)
    return format_html(
        '<time datetime="{}" title="{}" class="{}"{}>{}</time>',
        at.isoformat(timespec="seconds"),
        exact,
        "day" if "-" in text else "num",
        AGES if style in ("age", "ago") else "",
        text,
    )


@register.filter
def from_iso(text: str) -> datetime:
    """The time that a stored ISO 8601 text says, for {% moment %}."""
    return datetime.fromisoformat(text)


@register.filter
def told(text: Text) -> str:
    """A text of the error catalogue in the reader's language."""
    return text.in_language(get_language() or "en")


@register.filter
def pretty_json(text: str) -> SafeString:
    """JSON laid out and coloured; any other text as it is."""
    return json_text.laid_out(text)


@register.filter
def initials(name: str) -> str:
    """Two letters for an avatar, or the last two characters of a Chinese name."""
    words = name.replace(".", " ").replace("-", " ").split()
    if not words:
        return ""
    if not words[0][0].isascii():
        return words[-1][-2:]
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


@register.simple_tag
def avatar(name: str) -> SafeString:
    """A disc with the person's initials; the name stands beside it."""
    return format_html('<span class="avatar" aria-hidden="true">{}</span>', initials(name))
