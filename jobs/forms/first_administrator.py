"""The first administrator's account, checked by Django's own rules for names and passwords."""

from typing import TYPE_CHECKING

from django.contrib.auth.forms import BaseUserCreationForm

from jobs.models import User

if TYPE_CHECKING:
    UserCreationForm = BaseUserCreationForm[User]  # django-stubs knows it as generic, Django not
else:
    UserCreationForm = BaseUserCreationForm


class FirstAdministratorForm(UserCreationForm):
    """A name, an e-mail address if wanted, and a password twice. It is saved by a service."""

    class Meta:
        model = User
        fields: tuple[str, ...] = ("username", "email")
