"""The one Django app of Import Desk."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = _("Import Desk")

    def ready(self) -> None:
        """Register the system checks, which need the settings to be loaded."""
        from jobs.checks import register_checks

        register_checks()
