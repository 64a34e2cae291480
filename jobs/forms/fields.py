"""Form fields that keep what was typed and leave the rules to the services."""

from typing import Any

from django import forms

from jobs.errors import InvalidFields
from jobs.services import content


class Text(forms.Field):
    """A text without the white space around it; whether it will do is for a service to say."""

    def to_python(self, value: Any) -> str:
        """The text, or "" for anything else."""
        return value.strip() if isinstance(value, str) else ""


class CodeText(Text):
    """A machine's name: monospaced, and not for spelling correction."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """What keeps browsers from changing it."""
        return {
            "class": "mono",
            "autocapitalize": "none",
            "spellcheck": "false",
        }


class Confirmation(Text):
    """Words to be typed before something is deleted; the form knows which."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """What keeps browsers from typing them, and says that they are needed."""
        return {"autocomplete": "off", "spellcheck": "false", "aria-required": "true"}


class Reason(Text):
    """Why somebody did what the history will keep."""

    def validate(self, value: Any) -> None:
        """Refuse what the history cannot keep."""
        super().validate(value)
        try:
            content.check_reason(value)
        except InvalidFields as refused:
            raise forms.ValidationError(refused.fields["reason"]) from None
