"""Saved views: one person sets the filters, names them, and the whole team has them."""

import unicodedata
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.actors import Actor
from jobs.choices import Verb
from jobs.errors import InvalidFields, NotPermitted
from jobs.models import SavedView, Workspace
from jobs.permissions import Ability, held_by, require
from jobs.services import audit

LONGEST_NAME = 80
LONGEST_QUERY = 2000
# What of the list's address a view keeps; not where somebody stood in it.
KEPT = (
    "status",
    "q",
    "submitter",
    "workspace",
    "base_model",
    "weight_type",
    "since",
    "until",
    "sort",
)


def of(workspaces: Sequence[Workspace] | Sequence[int]) -> QuerySet[SavedView]:
    """The views of these workspaces, by name."""
    return SavedView.objects.filter(workspace__in=workspaces).select_related("workspace")


def query_of(address: str) -> str:
    """The part of a list address's query that a view keeps, always in the same order."""
    given = dict(parse_qsl(address))
    return urlencode([(name, given[name]) for name in KEPT if given.get(name)])


def save(workspace: Workspace, *, name: str, query: str, actor: Actor) -> SavedView:
    """Keep the filters of the list under the name, for everyone in the workspace.

    Raises NotPermitted, and InvalidFields where the name is empty, too long or taken, or where
    nothing is filtered.
    """
    require(actor, Ability.SUBMIT, workspace)
    name, query = _checked_name(name), _checked_query(query)
    try:
        with audit.act(actor) as act:
            view = SavedView.objects.create(
                workspace=workspace,
                name=name,
                query=query,
                created_by_id=actor.user_id,
                created_by_label=actor.label,
                created_at=timezone.now(),
            )
            act.record(Verb.VIEW_SAVED, view, data={"query": view.query}, workspace_id=workspace.pk)
    except IntegrityError:
        taken = _("There is a view of this name. Choose another, or remove that one first.")
        raise InvalidFields({"name": [taken]}) from None
    return view


def may_remove(view: SavedView, user_id: int | None, held: frozenset[Ability]) -> bool:
    """Whether someone holding `held` may: who saved it, and the workspace's admins."""
    own = view.created_by_id is not None and view.created_by_id == user_id
    return Ability.ADMINISTER in held or (own and Ability.SUBMIT in held)


def remove(view: SavedView, *, actor: Actor) -> None:
    """Take the view away from everyone. Raises NotPermitted."""
    if not may_remove(view, actor.user_id, held_by(actor, view.workspace)):
        raise NotPermitted(Ability.ADMINISTER)
    with audit.act(actor) as act:
        act.record(
            Verb.VIEW_REMOVED, view, data={"query": view.query}, workspace_id=view.workspace_id
        )
        view.delete()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidFields({"name": [_("Give the view a name.")]})
    if len(name) > LONGEST_NAME:
        raise InvalidFields({"name": [_("A name has at most 80 characters.")]})
    if any(unicodedata.category(character)[0] == "C" for character in name):
        raise InvalidFields({"name": [_("The name holds a character that cannot be shown.")]})
    return name


def _checked_query(query: str) -> str:
    kept = query_of(query.replace("\x00", ""))
    if not kept:
        raise InvalidFields({"name": [_("Nothing is filtered, so there is nothing to save.")]})
    if len(kept) > LONGEST_QUERY:
        raise InvalidFields({"name": [_("These filters are too long to be saved.")]})
    return kept
