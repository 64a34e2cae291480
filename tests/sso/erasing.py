"""Erasing a person whom a provider vouched for, or who had a second factor."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.apps import apps
from django.db import connection

from jobs.models import User
from jobs.services import erasure
from tests.audit.test_erasure import everything
from tests.sso.app import app_of

OURS = ("account", "mfa", "socialaccount")


def rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for table in erasure.LEFT_BEHIND:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found


@pytest.mark.parametrize("installed", [True, False])
def test_what_the_packages_kept_goes_even_where_they_are_gone(
    alice: User, bob: User, settings: Any, installed: bool
) -> None:
    for person in (alice, bob):
        link = SocialAccount.objects.create(user=person, provider="oidc", uid=f"of-{person.pk}")
        SocialToken.objects.create(account=link, token="unused")
        address = EmailAddress.objects.create(user=person, email=f"mail-of-{person.pk}@acme.com")
        EmailConfirmation.objects.create(email_address=address, key=f"key-{person.pk}")
        app_of(person)
    assert Authenticator.objects.filter(user=bob).count() == 2
    before = rows()
    if not installed:
        settings.INSTALLED_APPS = [
            name for name in settings.INSTALLED_APPS if not name.startswith("allauth")
        ]

    erasure.erase(bob)

    assert all(before.values())
    assert rows() == {table: count // 2 for table, count in before.items()}
    kept = " ".join(everything())
    assert f"of-{alice.pk}" in kept
    assert f"of-{bob.pk}" not in kept


def test_no_table_that_leads_to_a_person_is_forgotten() -> None:
    leading = {User._meta.db_table}
    models = [model for model in apps.get_models() if model._meta.app_label in OURS]
    for _generation in models:
        leading |= {
            model._meta.db_table
            for model in models
            for field in model._meta.concrete_fields
            if field.related_model and field.related_model._meta.db_table in leading
        }

    assert leading - {User._meta.db_table} == set(erasure.LEFT_BEHIND)
