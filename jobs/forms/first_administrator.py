"""The first administrator's account, checked by Django's own rules for names and passwords."""

from django.contrib.auth.forms import BaseUserCreationForm

from jobs.models import User


class FirstAdministratorForm(BaseUserCreationForm):
    """A name, an e-mail address if wanted, and a password twice. It is saved by a service."""

    class Meta:
        model = User
        fields: tuple[str, ...] = ("username", "email")
