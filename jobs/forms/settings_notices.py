"""Whom a notice is for, on which way it leaves, and of what it tells."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import get_language, gettext_lazy

from jobs.choices import Happening, NoticeKind
from jobs.forms.fields import CodeText
from jobs.models import Workspace
from jobs.services.notices import CHOOSABLE

ME = "me"
CHOICES = [(happening, Happening(happening).label) for happening in CHOOSABLE]


class NoticeRuleForm(forms.Form):
    """A rule as it is asked for; the service says whether it will do."""

    owner = forms.ChoiceField(label=gettext_lazy("For"))
    kind = forms.ChoiceField(label=gettext_lazy("By"), choices=NoticeKind.choices)
    target = CodeText(
        label=gettext_lazy("Address"),
        required=False,
        help_text=gettext_lazy(
            "The robot’s or webhook’s https address, or an e-mail address. It is kept sealed and "
            "not shown again."
        ),
    )
    secret = CodeText(
        label=gettext_lazy("Secret"),
        required=False,
        help_text=gettext_lazy(
            "DingTalk’s and Feishu’s signing secret, if the robot asks for signatures. A webhook "
            "without one gets a new one."
        ),
    )
    happenings = forms.MultipleChoiceField(
        label=gettext_lazy("When"),
        choices=CHOICES,
        initial=[Happening.FAILED, Happening.REJECTED, Happening.UNKNOWN],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    only_own = forms.BooleanField(
        label=gettext_lazy("For me: only what I submitted"), required=False
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def __init__(
        self, posted: Mapping[str, Any] | None = None, *, workspaces: Sequence[Workspace]
    ) -> None:
        super().__init__(posted, initial={"language": get_language() or "en"})
        self._workspaces = {workspace.slug: workspace for workspace in workspaces}
        cast(forms.ChoiceField, self.fields["owner"]).choices = [
            (ME, gettext_lazy("me")),
            *((f"in:{slug}", workspace.name) for slug, workspace in self._workspaces.items()),
        ]

    @property
    def workspace(self) -> Workspace | None:
        """The workspace that the rule is for; None for the person."""
        owner: str = self.cleaned_data["owner"]
        return None if owner == ME else self._workspaces[owner.removeprefix("in:")]

    @property
    def wanted(self) -> dict[str, Any]:
        """The fields as the service takes them."""
        fields = {name: value for name, value in self.cleaned_data.items() if name != "owner"}
        return fields | {"kind": NoticeKind(fields["kind"])}
