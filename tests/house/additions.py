"""What a migration may do while the code of the last release still runs beside it.

That code names its own columns in every INSERT and SELECT. So a migration adds: tables, indexes,
and columns that may be empty or have their default in the database. What it would take away,
rename or narrow goes into the release after the one that stopped using it.
"""

from collections.abc import Iterator

from django.db import models
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

# The last migration of the newest release. It moves with each release, and nowhere else is it
# written down.
BASELINE = "0009_notices"
# Operations that may stand although no rule here can judge them, by migration and description,
# each with the reason why the last release's code does not mind it.
SPOKEN_FOR: dict[tuple[str, str], str] = {}

HARMLESS = (
    operations.CreateModel,
    operations.AddIndex,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
)


def later() -> list[str]:
    """The migrations since the baseline, in order."""
    names = sorted(name for app, name in _loader().disk_migrations if app == "jobs")
    return names[names.index(BASELINE) + 1 :]


def state_at(name: str) -> ProjectState:
    """The models as the code of that migration knew them."""
    state: ProjectState = _loader().project_state(("jobs", name))
    return state


def refusals(name: str, baseline: str = BASELINE) -> list[str]:
    """What the code of the baseline would break on, a sentence for each; none is good."""
    loader = _loader()
    migration = loader.disk_migrations["jobs", name]
    state = loader.project_state(("jobs", name), at_end=False)
    since = state_at(baseline)
    known = {model for app, model in since.models if app == "jobs"}
    found = []
    for operation in migration.operations:
        spoken_for = (name, operation.describe()) in SPOKEN_FOR
        if not spoken_for:
            found += [f"{operation.describe()}: {why}" for why in judged(operation, state, known)]
        operation.state_forwards("jobs", state)
    return found


def judged(
    operation: operations.base.Operation, state: ProjectState, known: set[str]
) -> Iterator[str]:
    """Why this operation breaks old code, by the models before it and those old code knows."""
    model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
    if isinstance(operation, HARMLESS):
        return
    if isinstance(operation, operations.AddField):
        if model in known:
            yield from _column_added(operation.field)
    elif isinstance(operation, operations.AlterField):
        if model in known:
            before = state.models["jobs", model].fields[operation.name]
            yield from _column_altered(before, operation.field)
    elif isinstance(operation, operations.AddConstraint):
        if model in known:
            yield "old code may write what it forbids; add it in the release after"
    elif isinstance(operation, operations.RunPython | operations.RunSQL):
        yield "no rule can judge it; say in SPOKEN_FOR why old code does not mind"
    elif model in known:
        yield "old code still uses it; take it away in the release after"


def _column_added(field: models.Field) -> Iterator[str]:
    if field.many_to_many or field.null or field.db_default is not NOT_PROVIDED:
        return
    yield "old code does not name the column in an INSERT; give it db_default or null"


def _column_altered(before: models.Field, after: models.Field) -> Iterator[str]:
    _name, old_path, _args, old = before.deconstruct()
    _name, path, _args, new = after.deconstruct()
    if old_path != path:
        yield "the column's type changes under old code"
    # Django calls a column's name no attribute of the database, because it compares it apart.
    beside = {*before.non_db_attrs, "default", "null", "db_default", "max_length"} - {"db_column"}
    for key in sorted({key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}):
        if key not in beside:
            yield f"{key} changes under old code"
    if before.null and not after.null:
        yield "old code may leave the column empty"
    if before.db_default is not NOT_PROVIDED and after.db_default is NOT_PROVIDED:
        yield "old code may rely on the default in the database"
    if before.max_length and (after.max_length or 0) < before.max_length:
        yield "old code may write longer values"


def _loader() -> MigrationLoader:
    return MigrationLoader(None)
