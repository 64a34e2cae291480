"""JSON laid out for reading, without changing what it says."""

import json
import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# Longer texts are shown as they came: laying them out would hold the page up.
LONGEST_LAID_OUT = 200_000
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
INDENT = "  "


def laid_out(text: str) -> SafeString:
    """The text as HTML: indented and coloured if it is JSON, else only escaped.

    It is laid out token by token, so that numbers, repeated keys and their order stay as they
    came; only \\u escapes are written as the characters they mean.
    """
    if len(text) > LONGEST_LAID_OUT or not _is_json(text):
        return escape(text)
    lines: list[str] = []
    depth = 0
    tokens = TOKEN.findall(text)
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in "{[":
            lines.append(token)
            if following not in ("}", "]"):
                depth += 1
                lines.append("\n" + INDENT * depth)
        elif token in "}]":
            if tokens[place - 1] not in ("{", "["):
                depth -= 1
                lines.append("\n" + INDENT * depth)
            lines.append(token)
        elif token == ",":
            lines.append(",\n" + INDENT * depth)
        elif token == ":":
            lines.append(": ")
        else:
            lines.append(_coloured(token, is_key=following == ":"))
    return mark_safe("".join(lines))  # every part is punctuation or was escaped


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _coloured(token: str, *, is_key: bool) -> str:
    if not token.startswith('"'):
        return f'<span class="n">{escape(token)}</span>'
    kind = "k" if is_key else "s"
    return f'<span class="{kind}">{escape(_readable(token))}</span>'


def _readable(token: str) -> str:
    """The string with its escapes read where that gives a character one can see."""
    readable = json.dumps(json.loads(token, strict=False), ensure_ascii=False)
    return readable if readable.isprintable() else token
