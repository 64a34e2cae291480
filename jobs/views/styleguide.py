"""The page of all components in all states, kept for builders: there only while DEBUG is on."""

import re
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.choices import JobStatus
from jobs.forms.import_form import ImportForm

GROUP = re.compile(r"^  /\* ([^.:]+)[.:]?.* \*/$")
TOKEN = re.compile(r"^  (?P<name>--[\w-]+): (?P<value>[^;]+);(?: /\* (?P<note>.+) \*/)?", re.DOTALL)
KINDS = ("space", "size", "radius")
# Some of it right, some of it wrong, some with a suggestion.
TYPED = {
    "base_model": "Qwen3 32B",
    "display_name": "Router",
    "weight_type": "lora",
    "bucket_name": "",
}
TONES = ("ok", "bad", "warn", "live", "idle", "info")


class Token(NamedTuple):
    """One value that every style draws on; `kind` says how it can be shown."""

    name: str
    value: str
    note: str
    kind: str


@login_not_required
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Tokens, components and states on one page. 404 unless settings.DEBUG."""
    if not settings.DEBUG:
        raise Http404
    context = {
        "groups": groups(),
        "tones": TONES,
        "statuses": JobStatus.values,
        "form": ImportForm(TYPED, workspaces=[]),
    }
    return render(request, "styleguide.html", context)


def groups() -> dict[str, list[Token]]:
    """The tokens of static/css/tokens.css under the headings that stand there."""
    path = finders.find("css/tokens.css")
    root = Path(str(path)).read_text(encoding="utf-8").split(":root {", 1)[1].split("\n}", 1)[0]
    found: dict[str, list[Token]] = {}
    heading = ""
    # A value may go on in the next line, which is indented further.
    for line in re.split(r"\n(?=  \S)|\n\n", root):
        if group := GROUP.match(line):
            heading = group[1]
        elif token := TOKEN.match(line):
            value = " ".join(token["value"].split())
            found.setdefault(heading, []).append(
                Token(token["name"], value, token["note"] or "", _kind(token["name"], value))
            )
    return found


def _kind(name: str, value: str) -> str:
    if value.startswith("light-dark("):
        return "colour"
    return next((kind for kind in KINDS if name.startswith(f"--{kind}")), "")
