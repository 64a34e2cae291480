"""The one Django app of Import Desk."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = _("Import Desk")

    def ready(self) -> None:
        """Register what needs the settings to be loaded."""
        from jobs.checks import register_checks

        register_checks()
        post_migrate.connect(_ensure_text_index, sender=self)


def _ensure_text_index(**_kwargs: Any) -> None:
    from jobs.services import text_index

    text_index.ensure()
