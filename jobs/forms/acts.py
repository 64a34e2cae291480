"""The forms of acts on a job: deleting it at DashScope, and saying which candidate it is."""

import unicodedata
from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.errors import InvalidFields
from jobs.forms.fields import Confirmation, Reason, Text
from jobs.models import ImportJob

NONE_OF_THESE = "none"
CANDIDATE_PREFIX = "job:"


class DeletionForm(forms.Form):
    """Asks for the job's name, typed, before anything is deleted at DashScope."""

    confirm = Confirmation(label=gettext_lazy("Type the model's name to confirm"), required=False)
    reason = Reason(
        label=gettext_lazy("Reason"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept in the history."),
    )

    def __init__(self, job: ImportJob, data: Mapping[str, str] | None = None) -> None:
        self.expected = job.label or job.remote_job_id
        super().__init__(data)

    def clean_confirm(self) -> str:
        """The name, which has to be the job's own."""
        typed: str = self.cleaned_data["confirm"]
        if _as_read(typed) != _as_read(self.expected):
            raise forms.ValidationError(
                _("This is not the model's name. Type it as it is shown above.")
            )
        return typed


class ResolutionForm(forms.Form):
    """Asks which candidate the job is, or why it is none of them."""

    choice = Text(required=False)
    reason = Reason(label=gettext_lazy("Reason"), required=False)

    def clean_choice(self) -> str:
        """The choice as the page offers it."""
        choice: str = self.cleaned_data["choice"]
        if choice != NONE_OF_THESE and not choice.startswith(CANDIDATE_PREFIX):
            raise forms.ValidationError(_("Choose a candidate, or that it is none of these."))
        return choice

    def clean(self) -> None:
        """Nobody can check "none of these" later without knowing why it was said."""
        answer = (self.cleaned_data.get("choice"), self.cleaned_data.get("reason"))
        if answer == (NONE_OF_THESE, ""):
            self.add_error("reason", _("Say how you know that it is none of these."))

    @property
    def remote_job_id(self) -> str | None:
        """The chosen candidate, or None for none of these."""
        choice: str = self.cleaned_data["choice"]
        return None if choice == NONE_OF_THESE else choice.removeprefix(CANDIDATE_PREFIX)

    def refuse(self, refused: InvalidFields) -> None:
        """Put the service's messages at the two fields."""
        for name, messages in refused.fields.items():
            self.add_error("reason" if name == "reason" else "choice", messages)


def _as_read(text: str) -> str:
    """One form for texts that look the same: an input cannot hold a line break, for one."""
    return " ".join(unicodedata.normalize("NFC", text).split())
