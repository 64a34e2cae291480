"""Deleting several models at DashScope: one confirmation, typed, for all that are listed."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.forms.fields import Confirmation, Reason


class DeletionsForm(forms.Form):
    """Asks for a phrase that names how many models go."""

    confirm = Confirmation(label=gettext_lazy("Type this to confirm"), required=False)
    reason = Reason(
        label=gettext_lazy("Reason"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept in the history of each job."),
    )

    def __init__(self, count: int, data: Mapping[str, str] | None = None) -> None:
        # The same in every language, so that nobody has to switch the keyboard's.
        self.expected = f"delete {count}"
        super().__init__(data)

    def clean_confirm(self) -> str:
        """The phrase, which names as many as are listed."""
        typed: str = self.cleaned_data["confirm"]
        if typed.lower().split() != self.expected.split():
            raise forms.ValidationError(
                _("Type “%(phrase)s”, as it is shown above.") % {"phrase": self.expected}
            )
        return typed
