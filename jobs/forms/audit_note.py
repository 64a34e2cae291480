"""The form for an auditor's note on an event."""

from django import forms
from django.utils.translation import gettext_lazy as _

from jobs.forms.fields import Reason


class NoteForm(forms.Form):
    """What the auditor has to say; jobs/services/reviews.py says what can be kept."""

    note = Reason(
        label=_("Note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It becomes part of the history and cannot be taken back."),
    )
