"""Codes of an app, and the password that is asked for again."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from jobs.forms.fields import Text

LONGEST_CODE = 40


class Code(Text):
    """A code as it is typed: with or without spaces, and in whatever digits the keyboard has."""

    def to_python(self, value: Any) -> str:
        """The code in plain digits, as far as it has any."""
        return unicodedata.normalize("NFKC", super().to_python(value))[:LONGEST_CODE]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """What brings up digits, and the code itself where a browser knows it."""
        return {
            "class": "mono one-time",
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "maxlength": str(LONGEST_CODE),
        }


class Password(forms.CharField):
    """The password that one has."""

    widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})

    def __init__(self) -> None:
        super().__init__(label=gettext_lazy("Your password"), strip=False)


class CodeForm(forms.Form):
    """The code of a sign-in."""

    code = Code(label=gettext_lazy("Code"))


class PasswordForm(forms.Form):
    """Asks whether it is still the same person who sits there."""

    password = Password()


class SetUpForm(PasswordForm):
    """The first code of an app, and the password."""

    code = Code(
        label=gettext_lazy("The code that the app shows"),
        help_text=gettext_lazy("Six digits; a new one every half minute."),
    )
    field_order = ("code", "password")
