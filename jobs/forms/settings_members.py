"""Roles and invitations, as they are asked for."""

from django import forms
from django.utils.translation import gettext_lazy

from jobs.choices import Role
from jobs.forms.fields import Text
from jobs.forms.first_administrator import FirstAdministratorForm

DAYS = (
    ("1", gettext_lazy("1 day")),
    ("7", gettext_lazy("7 days")),
    ("30", gettext_lazy("30 days")),
)


class RoleForm(forms.Form):
    """Which role a member shall have."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)

    @property
    def wanted(self) -> Role:
        """The role chosen."""
        return Role(self.cleaned_data["role"])


class InvitationForm(RoleForm):
    """For whom a link is, what they may do, and how long it is good."""

    days = forms.ChoiceField(label=gettext_lazy("Good for"), choices=DAYS, initial="7")
    note = Text(
        label=gettext_lazy("For whom"),
        required=False,
        help_text=gettext_lazy("For you, to tell your links apart."),
    )
    field_order = ["note", "role", "days"]


class JoiningForm(FirstAdministratorForm):
    """An account for whoever follows a link and has none."""

    class Meta(FirstAdministratorForm.Meta):
        fields = ("username", "first_name", "email")
        labels = {"first_name": gettext_lazy("Your name, as colleagues know it")}
