"""JSON laid out for reading, without changing what it says."""

import json
import re

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

# Longer texts are shown as they came: laying them out would hold the page up.
LONGEST_LAID_OUT = 200_000
PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
INDENT = "  "


def laid_out(text: str) -> SafeString:
    """The text as HTML: indented and coloured if it is JSON, else only escaped.

    It is laid out piece by piece, so that numbers, repeated keys and their order stay as they
    came; only \\u escapes are written as the characters they mean.
    """
    if len(text) > LONGEST_LAID_OUT or not _is_json(text):
        return escape(text)
    lines: list[str] = []
    depth = 0
    pieces = PIECE.findall(text)
    for place, piece in enumerate(pieces):
        following = pieces[place + 1] if place + 1 < len(pieces) else ""
        if piece in "{[":
            lines.append(piece)
            if following not in ("}", "]"):
                depth += 1
                lines.append("\n" + INDENT * depth)
        elif piece in "}]":
            if pieces[place - 1] not in ("{", "["):
                depth -= 1
                lines.append("\n" + INDENT * depth)
            lines.append(piece)
        elif piece == ",":
            lines.append(",\n" + INDENT * depth)
        elif piece == ":":
            lines.append(": ")
        else:
            lines.append(_coloured(piece, is_key=following == ":"))
    return format_html_join("", "{}", ((part,) for part in lines))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _coloured(piece: str, *, is_key: bool) -> SafeString:
    if not piece.startswith('"'):
        return format_html('<span class="n">{}</span>', piece)
    kind = "k" if is_key else "s"
    return format_html('<span class="{}">{}</span>', kind, _readable(piece))


def _readable(piece: str) -> str:
    """The string with its escapes read where that gives a character one can see."""
    readable = json.dumps(json.loads(piece, strict=False), ensure_ascii=False)
    return readable if readable.isprintable() else piece
