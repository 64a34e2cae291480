"""The tabs of the settings pages, and where one is among them."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy

register = template.Library()

TABS = (
    ("settings-workspaces", gettext_lazy("Workspaces")),
    ("settings-members", gettext_lazy("Members")),
    ("settings-notices", gettext_lazy("Notices")),
    ("settings-tokens", gettext_lazy("Tokens")),
    ("api:documentation", gettext_lazy("API")),
)
# Where SECOND_FACTOR is on.
SECOND_FACTOR = ("settings-second-factor", gettext_lazy("Second factor"))
# Pages that belong to a tab without being it.
WITHIN = {
    "settings-workspace-new": "settings-workspaces",
    "settings-workspace": "settings-workspaces",
    "settings-invitations": "settings-members",
    "settings-member-remove": "settings-members",
    "settings-member-second-factor": "settings-members",
    "settings-second-factor-codes": "settings-second-factor",
    "settings-second-factor-off": "settings-second-factor",
}


@dataclass(frozen=True)
class Tab:
    """One of the settings pages; `current` is the value of aria-current, or ""."""

    url: str
    label: str
    current: str


@register.simple_tag(takes_context=True)
def settings_tabs(context: dict[str, Any]) -> list[Tab]:
    """The tabs as they are drawn on this page."""
    here = context["request"].resolver_match.view_name
    tabs = (*TABS, SECOND_FACTOR) if settings.SECOND_FACTOR_ON else TABS
    return [
        Tab(
            reverse(name),
            str(label),
            "page" if here == name else "true" if WITHIN.get(here) == name else "",
        )
        for name, label in tabs
    ]
