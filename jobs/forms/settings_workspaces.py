"""What a workspace is called, where it is, and under which key it works."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.choices import Region
from jobs.forms.fields import CodeText, Text
from jobs.services.workspaces import KeyOffer


class WorkspaceForm(forms.Form):
    """An existing workspace's fields; the service says whether they will do."""

    name = Text(label=gettext_lazy("Name"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("Region"))
    key_reference = forms.ChoiceField(
        label=gettext_lazy("Key"),
        required=False,
        help_text=gettext_lazy(
            "Keys are in the environment of the worker, which reports their names and "
            "fingerprints. No key can be entered or seen here."
        ),
    )

    def __init__(
        self,
        *args: Any,
        regions: Sequence[tuple[str, str]],
        offers: Sequence[KeyOffer],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["region"]).choices = regions
        choices = [(offer.reference, f"{offer.setting} · {offer.fingerprint}") for offer in offers]
        present: str | None = self.initial.get("key_reference")
        if present is not None and present not in dict(choices):
            named = f"DASHSCOPE_API_KEY_{present}" if present else "DASHSCOPE_API_KEY"
            choices.append((present, _("%(key)s, which no worker has") % {"key": named}))
        cast(forms.ChoiceField, self.fields["key_reference"]).choices = choices

    @property
    def wanted(self) -> dict[str, Any]:
        """The fields as the services take them."""
        return self.cleaned_data | {"region": Region(self.cleaned_data["region"])}


class NewWorkspaceForm(WorkspaceForm):
    """A new workspace has a short name too, which stays."""

    slug = CodeText(
        label=gettext_lazy("Short name"),
        required=False,
        help_text=gettext_lazy(
            "For addresses and the API, such as research. It cannot be changed later."
        ),
    )
    field_order = ["name", "slug", "region", "key_reference"]
