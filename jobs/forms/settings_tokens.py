"""What a new token is to be called, used for, and good until."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from jobs.choices import Scope
from jobs.forms.fields import Text

NEVER = "never"
LIVES = (
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("a year")),
    (NEVER, gettext_lazy("for ever, until it is revoked")),
)


class TokenForm(forms.Form):
    """A token's name, scopes and life; the service says whether they will do."""

    name = Text(
        label=gettext_lazy("Name"),
        required=False,
        help_text=gettext_lazy("Where it is used. The history names it beside you."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        initial=[Scope.READ, Scope.SUBMIT],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    life = forms.ChoiceField(label=gettext_lazy("Good for"), choices=LIVES, initial="90")

    def expires_at(self) -> datetime | None:
        """When the token shall end; None for never."""
        life: str = self.cleaned_data["life"]
        return None if life == NEVER else timezone.now() + timedelta(days=int(life))
