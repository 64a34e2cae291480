"""The import form: what a person typed, kept to the letter and readied for the service."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.choices import WeightType
from jobs.errors import InvalidFields
from jobs.forms import oss_address
from jobs.forms.fields import CodeText, Reason, Text
from jobs.forms.oss_address import Address
from jobs.models import ImportJob, Workspace
from jobs.services import content

USE_PREFIX = "use_"
SPLIT_TEXT = gettext_lazy("The address was split into the bucket %(bucket)s and the path %(path)s.")


@dataclass(frozen=True)
class Row:
    """One field as the page shows it. `was` is the value of the job that is resubmitted, or
    None on a new form."""

    bound: BoundField
    suggestion: str
    was: str | None

    @property
    def changed(self) -> bool:
        """Whether the value differs from that of the resubmitted job."""
        return self.was is not None and str(self.bound.value() or "").strip() != self.was

    @property
    def was_shown(self) -> str:
        """The old value in words."""
        if self.bound.name == "weight_type" and self.was in WeightType.values:
            return str(WeightType(self.was).label)
        return self.was or _("empty")

    @property
    def anchor(self) -> str:
        """The id that a link to the field leads to."""
        first_choice = "_0" if self.bound.use_fieldset else ""
        return f"{self.bound.auto_id}{first_choice}"


class ImportForm(forms.Form):
    """The fields of one import as the console names them; content.check holds their rules.

    A pasted oss:// address is split into bucket and path, a `use_<field>` button's value
    replaces what was typed, and a form token that cannot have come from this form is renewed.
    """

    workspace = forms.ChoiceField(
        label=gettext_lazy("Workspace"),
        error_messages={
            "required": gettext_lazy("Choose the workspace that the model is imported into."),
            "invalid_choice": gettext_lazy("Choose one of the workspaces that you may submit to."),
        },
    )
    base_model = CodeText(
        label=gettext_lazy("Base model"),
        required=False,
        widget=forms.TextInput(attrs={"list": "base-models", "aria-required": "true"}),
        help_text=gettext_lazy("The model that the weights were tuned from; any id may be typed."),
    )
    display_name = Text(
        label=gettext_lazy("Model name"),
        required=False,
        help_text=gettext_lazy("Left empty, the model is called as its base model is."),
    )
    weight_type = Text(
        label=gettext_lazy("Tuning type"),
        required=False,
        widget=forms.RadioSelect(choices=WeightType.choices),
    )
    bucket_name = CodeText(
        label=gettext_lazy("Bucket"),
        required=False,
        widget=forms.TextInput(attrs={"list": "buckets", "aria-required": "true"}),
    )
    object_key = CodeText(
        label=gettext_lazy("Model directory"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "models/my-lora/", "aria-required": "true"}),
        help_text=gettext_lazy(
            "Ends with a slash. A whole address such as oss://bucket/models/my-lora/ can be "
            "pasted into either field."
        ),
    )
    allow_duplicate = forms.BooleanField(label=gettext_lazy("Submit anyway"), required=False)
    reason = Reason(
        label=gettext_lazy("Reason"),
        required=False,
    )
    form_token = Text(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        workspaces: Sequence[Workspace],
        initial: Mapping[str, str] | None = None,
        resubmits: ImportJob | None = None,
    ) -> None:
        self.workspaces = {workspace.slug: workspace for workspace in workspaces}
        self.only_slug = workspaces[0].slug if len(workspaces) == 1 else ""
        self.resubmits = resubmits
        self.suggestions: dict[str, str] = {}
        self.used = ""
        self.split: Address | None = None
        self.mismatch: oss_address.Mismatch | None = None
        self.typed = {} if data is None else self._readied(data)
        super().__init__(
            None if data is None else self.typed,
            initial={
                "form_token": str(uuid.uuid4()),
                "workspace": self.only_slug,
                **(initial or {}),
            },
        )
        field = cast(forms.ChoiceField, self.fields["workspace"])
        named = [(workspace.slug, workspace.name) for workspace in workspaces]
        field.choices = [("", _("Choose a workspace")), *named]
        if self.used:
            self.fields[self.used].widget.attrs["autofocus"] = True
        if self.only_slug and self["workspace"].value() == self.only_slug:
            field.widget = forms.HiddenInput()

    def _readied(self, data: Mapping[str, str]) -> dict[str, str]:
        typed = {name: data.get(name, "") for name in self.base_fields}
        for name in content.FIELDS:
            if f"{USE_PREFIX}{name}" in data:
                typed[name] = data[f"{USE_PREFIX}{name}"]
                self.used = name
        typed["workspace"] = typed["workspace"] or self.only_slug
        try:
            typed["form_token"] = str(uuid.UUID(typed["form_token"]))
        except ValueError:
            typed["form_token"] = str(uuid.uuid4())
        found = oss_address.find(typed["bucket_name"], typed["object_key"])
        if isinstance(found, Address):
            typed["bucket_name"], typed["object_key"] = found
            self.split = found
        else:
            self.mismatch = found
        return typed

    def clean_workspace(self) -> Workspace:
        """The workspace itself."""
        return self.workspaces[self.cleaned_data["workspace"]]

    def clean(self) -> None:
        """Let the service's rules speak at each field, the workspace's choice aside."""
        try:
            content.check(self.content)
        except InvalidFields as refused:
            self.refuse(refused)
        if self.mismatch:
            name = self.mismatch.field
            self.errors.pop(name, None)
            self.add_error(name, self.mismatch.message)
            self.suggestions[name] = self.mismatch.pasted

    @property
    def content(self) -> dict[str, str]:
        """The fields of the import, for submission.submit."""
        return {name: self.fields[name].clean(self[name].value()) for name in content.FIELDS}

    @property
    def chosen_workspace(self) -> Workspace | None:
        """Where the import goes, as far as it is chosen."""
        return self.workspaces.get(str(self["workspace"].value() or ""))

    def submission_key(self, user_id: int) -> str:
        """What one rendered form is known by, however often this person posts it."""
        return f"form:{user_id}:{self.typed['form_token']}"

    @property
    def split_text(self) -> str:
        """What was done to a pasted address, in words; "" if none was pasted."""
        if self.split is None:
            return ""
        bucket, path = self.split
        return self.split_pattern % {"bucket": bucket, "path": path or "/"}

    @property
    def split_pattern(self) -> str:
        """The same with its placeholders, for the script that splits at the paste."""
        return str(SPLIT_TEXT)

    def refuse(self, refused: InvalidFields) -> None:
        """Put the service's messages and suggestions at their fields."""
        for name, messages in refused.fields.items():
            self.add_error(name if name in self.fields else None, messages)
        self.suggestions.update(refused.suggestions)

    def renew_token(self) -> None:
        """Make the form a new one, which may be submitted once more."""
        self.typed["form_token"] = str(uuid.uuid4())

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Every visible field, with what the page shows beside it."""
        return {
            bound.name: Row(bound, self.suggestions.get(bound.name, ""), self._was(bound.name))
            for bound in self.visible_fields()
        }

    def faulty_rows(self) -> list[Row]:
        """The fields that have to be corrected, in the page's order."""
        return [row for row in self.rows.values() if row.bound.errors]

    def display_name_length(self) -> int:
        """How many characters the display name has, counted as DashScope counts them."""
        return len(str(self["display_name"].value() or "").strip())

    def _was(self, name: str) -> str | None:
        if self.resubmits is None or name not in content.FIELDS:
            return None
        return str(getattr(self.resubmits, name))
