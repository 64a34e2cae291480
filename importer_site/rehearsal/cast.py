"""The organisation's records: made before the day, counted after it."""

import secrets
from dataclasses import dataclass

from django.apps import apps
from django.db import connection

from importer_site.rehearsal.plan import Scale, slug, workspace_of
from jobs import actors
from jobs.choices import AttemptState, JobStatus, Region, Role, Scope
from jobs.models import Attempt, ImportJob, User
from jobs.services import accounts, chain, tokens, workers, workspaces

READERS = 8  # sessions among which the pages' readers are spread
UNDER_WAY = {
    "to be sent": (JobStatus.QUEUED, JobStatus.SENDING),
    "outcome unknown": (JobStatus.UNCONFIRMED,),
    "at DashScope": (JobStatus.PENDING, JobStatus.RUNNING),
}


@dataclass(frozen=True)
class Cast:
    """Everybody: the token of each person, and the names of those who read, with a password."""

    tokens: list[str]
    readers: list[str]
    password: str


def engage(scale: Scale) -> Cast:
    """Make workspaces and people through the services, as an administrator would."""
    system = actors.command_line()
    places = [
        workspaces.add(
            slug=slug(number),
            name=f"Team {number + 1}",
            region=Region.ENVIRONMENT,
            key_reference=_reference(number),
            actor=system,
        )
        for number in range(scale.workspaces)
    ]
    password = secrets.token_urlsafe(16)
    made, readers = [], []
    for number in range(scale.people):
        name = f"person{number + 1}"
        place = places[workspace_of(number, scale)]
        accounts.add_member(name, Role.SUBMITTER, place, password=password)
        person = User.objects.get(username=name)
        new = tokens.create(person, name="day", scopes=[Scope.SUBMIT], actor=system)
        made.append(new.text)
        if number < READERS:
            readers.append(name)
    return Cast(made, readers, password)


def keys(scale: Scale) -> dict[str, str]:
    """The settings that a worker needs for every workspace, the first and unused one among
    them; to the simulator, what stands before the dot is whose jobs a key sees."""
    own = {f"_{_reference(number)}": f"sk-team{number}.key" for number in range(scale.workspaces)}
    return {f"DASHSCOPE_API_KEY{end}": key for end, key in {"": "sk-nobody.key", **own}.items()}


def _reference(number: int) -> str:
    return f"TEAM{number + 1}"


def workers_alive() -> int:
    """How many workers have been heard."""
    return len(workers.alive())


def under_way() -> dict[str, int]:
    """How many jobs are on their way, by what they wait for."""
    return {
        what: ImportJob.objects.filter(status__in=statuses).count()
        for what, statuses in UNDER_WAY.items()
    }


def foreign_tables() -> list[str]:
    """What stands in the database already; it has to be empty before anything is made."""
    return sorted(connection.introspection.table_names())


def endings() -> dict[str, int]:
    """How many jobs came to each status."""
    found = {status: ImportJob.objects.filter(status=status).count() for status in JobStatus}
    return {str(status): count for status, count in found.items() if count}


def settled() -> dict[str, int]:
    """What became of the attempts whose outcome was unknown for a while."""
    unknown = Attempt.objects.exclude(settle_until=None)
    found = {state: unknown.filter(state=state).count() for state in AttemptState}
    return {str(state): count for state, count in found.items() if count}


def rows() -> dict[str, int]:
    """The rows of each table of ours that has any."""
    models = apps.get_app_config("jobs").get_models()
    counted = {model._meta.db_table: model._default_manager.count() for model in models}
    return {table: count for table, count in sorted(counted.items()) if count}


def bytes_on_disk() -> int:
    """What the database takes, its indexes included."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(cursor.fetchone()[0])


def events() -> int:
    """The number of the history's last event."""
    return chain.head().seq
