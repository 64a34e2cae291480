"""What a reader sees or hears of a page: its texts, and the attributes that are read out."""

import re
from html.parser import HTMLParser

# Of machines: what is written in these is the same in every language.
MACHINES = {"code", "kbd", "pre", "script", "style"}
SPOKEN = {"alt", "aria-description", "aria-label", "data-copied", "data-said", "placeholder"}
SPOKEN |= {"data-title", "title"}
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
# A template's own words are what is left when its language and its translated texts are gone.
TRANSLATED = re.compile(
    r"{#.*?#}|{% comment.*?{% endcomment %}|{% blocktranslate.*?{% endblocktranslate %}",
    re.DOTALL,
)
LANGUAGE = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._machines = [False]  # one for each open element: whether what is in it is a machine's

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attributes if value and name in SPOKEN]
        if tag not in VOID:
            classes = (dict(attributes).get("class") or "").split()
            self._machines.append(self._machines[-1] or tag in MACHINES or "mono" in classes)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Such as <path/>: nothing is in it."""

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and len(self._machines) > 1:
            self._machines.pop()

    def handle_data(self, data: str) -> None:
        if not self._machines[-1]:
            self.texts.append(data)


def texts_of(html: str) -> list[str]:
    """The texts of a page, each as it stands between two tags, less what machines write."""
    reader = _Reader()
    reader.feed(html)
    return [" ".join(text.split()) for text in reader.texts if text.strip()]


def texts_of_template(source: str) -> list[str]:
    """The words that a template itself holds, outside {% translate %} and {% blocktranslate %}."""
    return texts_of(LANGUAGE.sub(" ", TRANSLATED.sub(" ", source)))
