"""A text in the two languages of Import Desk."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """The same text in English and in Simplified Chinese."""

    en: str
    zh: str

    def in_language(self, code: str) -> str:
        """The text for a language code as Django spells them: any Chinese is `zh`, else English."""
        return self.zh if code.lower().replace("_", "-").split("-")[0] == "zh" else self.en

    def followed_by(self, other: "Text") -> "Text":
        """Both texts one after the other; Chinese sentences stand without a space between."""
        return Text(f"{self.en} {other.en}", f"{self.zh}{other.zh}")
