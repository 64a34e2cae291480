"""Erasing a person: their name and addresses go, what they did stays, and the chain verifies.

The history holds commitments to personal values; without salt and value nobody can find what
they stood for. docs/audit.md says what is not erased, because it was typed as content.
"""

from dataclasses import dataclass

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import ForeignKey, Model, Q

from jobs import actors
from jobs.choices import Verb
from jobs.models import AuditEvent, AuditPersonal, ImportJob, Invitation, User
from jobs.services import audit

# Tables of packages that may not be installed now and were before, in the order in which their
# rows can go: which rows are a person's.
LEFT_BEHIND = {
    "socialaccount_socialtoken": "account_id IN "
    "(SELECT id FROM socialaccount_socialaccount WHERE user_id = %s)",
    "socialaccount_socialaccount": "user_id = %s",
    "account_emailconfirmation": "email_address_id IN "
    "(SELECT id FROM account_emailaddress WHERE user_id = %s)",
    "account_emailaddress": "user_id = %s",
    "mfa_authenticator": "user_id = %s",
}
# So many of the events in whose texts a name still stands are named.
MOST_NAMED = 20
SHORTEST_NAME = 3


@dataclass(frozen=True)
class Erased:
    """What the person is called from now on, how many personal values of the history went,
    and the newest events whose texts, which people typed, still have one of the names."""

    alias: str
    values: int
    still_named_in: list[int]


def erase(user: User) -> Erased:
    """Take the person's name, addresses and browsers out of all records, end what they may do,
    and close the account, for good. Only the command line may."""
    names = {name for name in (user.username, user.label, user.get_full_name(), user.email) if name}
    alias = f"erased-{user.pk}"
    with audit.act(actors.command_line()) as act:
        person = User.objects.select_for_update().get(pk=user.pk)
        for membership in person.memberships.select_related("workspace"):
            data = {"member_id": person.pk, "old_role": membership.role}
            act.record(Verb.MEMBER_REMOVED, membership.workspace, data=data)
            membership.delete()
        own = Q(user_id=person.pk) | Q(value__in=names)
        values, _each = AuditPersonal.objects.filter(own).delete()
        _replace_labels(person, alias)
        _delete_what_belongs_to(person, names)
        User.objects.filter(pk=person.pk).update(
            username=alias,
            first_name="",
            last_name="",
            email="",
            is_active=False,
            is_staff=False,
            is_superuser=False,
            password=make_password(None),
            last_login=None,
        )
        act.record(Verb.PERSON_ERASED, person, data={"person": person.pk, "values": values})
    return Erased(alias, values, _still_named_in(names))


def _replace_labels(person: User, alias: str) -> None:
    """Each record that says who did something does it by number in x_by and by name in
    x_by_label."""
    ImportJob.objects.filter(deletions__requested_by=person).exclude(deleted_by_label="").update(
        deleted_by_label=alias
    )
    for model in apps.get_app_config("jobs").get_models():
        for field in model._meta.concrete_fields:
            by = field.name.removesuffix("_label")
            if field.name.endswith("_by_label") and _links_to_user(model, by):
                model._default_manager.filter(**{by: person}).update(**{field.name: alias})
    Invitation.objects.filter(accepted_by=person).update(note="")


def _delete_what_belongs_to(person: User, names: set[str]) -> None:
    """Tokens, whose names are personal, and what other packages know: identities, addresses."""
    person.tokens.all().delete()
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(username__in=names).delete()
    for model in apps.get_models():
        if model._meta.app_label != "jobs":
            for field in model._meta.concrete_fields:
                if _links_to_user(model, field.name):
                    model._default_manager.filter(**{field.name: person}).delete()
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table, theirs in LEFT_BEHIND.items():
            if table in there:
                cursor.execute(f"DELETE FROM {table} WHERE {theirs}", [person.pk])  # noqa: S608


def _links_to_user(model: type[Model], name: str) -> bool:
    fields = {field.name: field for field in model._meta.concrete_fields}
    field = fields.get(name)
    return isinstance(field, ForeignKey) and field.related_model is User


def _still_named_in(names: set[str]) -> list[int]:
    named = Q()
    for name in names:
        if len(name) >= SHORTEST_NAME or not name.isascii():
            named |= Q(canonical__icontains=name)
    events = AuditEvent.objects.filter(named) if named else AuditEvent.objects.none()
    return list(events.order_by("-seq").values_list("seq", flat=True)[:MOST_NAMED])
