"""How a form shows what a service refused."""

from django import forms

from jobs.errors import InvalidFields


def show(form: forms.Form, refused: InvalidFields) -> None:
    """Put the service's messages at the fields they are about, or above all of them."""
    for name, messages in refused.fields.items():
        form.add_error(name if name in form.fields else None, messages)
