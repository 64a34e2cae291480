"""An index for the search for words: trigrams, so that any part of a word is found.

It stands beside the tables and not in a migration, because a database may refuse it (PostgreSQL
without pg_trgm) and because SQLite drops a table's triggers whenever a later migration rebuilds
the table: `ensure` runs after every `migrate`. Without it everything is found too, slowly.
"""

import logging
from collections.abc import Sequence

from django.db import DatabaseError, connection, transaction
from django.db.models import BooleanField, F, Func, Q, Value

log = logging.getLogger(__name__)

# Where words are looked for. What is typed cannot hold a line break, so no word is found across
# the border of two.
FIELDS = (
    "display_name",
    "base_model",
    "generated_model_name",
    "bucket_name",
    "object_key",
    "remote_job_id",
    "error_code",
    "error_message",
    "submitted_by_label",
)
SHORTEST_TERM = 3  # letters that make one trigram
INDEX = "jobs_importjob_text"
HOW_TO_GET_IT = (
    "On PostgreSQL, as a superuser in this database: CREATE EXTENSION pg_trgm. SQLite needs 3.34 "
    "or newer with FTS5. Then run `manage.py migrate` once more."
)

_SQLITE = [
    "CREATE VIRTUAL TABLE jobs_importjob_text USING fts5({columns}, content='jobs_importjob', "
    "content_rowid='id', tokenize='trigram')",
    "INSERT INTO jobs_importjob_text(jobs_importjob_text) VALUES ('rebuild')",
]
_SQLITE_TRIGGERS = [
    """
    CREATE TRIGGER jobs_importjob_text_added AFTER INSERT ON jobs_importjob BEGIN
      INSERT INTO jobs_importjob_text(rowid, {columns}) VALUES (NEW.id, {new}); END
    """,
    """
    CREATE TRIGGER jobs_importjob_text_removed AFTER DELETE ON jobs_importjob BEGIN
      INSERT INTO jobs_importjob_text(jobs_importjob_text, rowid, {columns})
      VALUES ('delete', OLD.id, {old}); END
    """,
    # Most changes of a job leave its words as they are.
    """
    CREATE TRIGGER jobs_importjob_text_changed AFTER UPDATE OF {columns} ON jobs_importjob
    WHEN ({new}) IS NOT ({old}) BEGIN
      INSERT INTO jobs_importjob_text(jobs_importjob_text, rowid, {columns})
      VALUES ('delete', OLD.id, {old});
      INSERT INTO jobs_importjob_text(rowid, {columns}) VALUES (NEW.id, {new}); END
    """,
]
_NAMES = {
    "columns": ", ".join(FIELDS),
    "new": ", ".join(f"NEW.{field}" for field in FIELDS),
    "old": ", ".join(f"OLD.{field}" for field in FIELDS),
}
_TRIGGER_NAMES = tuple(f"{INDEX}_{change}" for change in ("added", "removed", "changed"))
# One text of all fields; the condition below has to be spelt like the index.
_ALL_TEXT = " || E'\\n' || "

# If a page of the jobs that the index names is among the last so many, walking down from the newest
# job finds it soon; if not, there are few of them, or they are old.
NEAR = 20_000
PAGE = 51


def ensure() -> bool:
    """Make the index unless it stands, and say whether it does now. Raises nothing: a database
    that refuses it is named in the log, with what to do."""
    if stands():
        return True
    try:
        if connection.vendor == "sqlite":
            _make_on_sqlite()
        else:
            _make_on_postgresql()
    except DatabaseError as refused:
        log.warning("no index for the search for words: %s. %s", refused, HOW_TO_GET_IT)
        return False
    return True


def drop() -> None:
    """Remove the index, so that very many jobs can be written at once."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _TRIGGER_NAMES:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        else:
            cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")


def stands() -> bool:
    """Whether the index is whole. One query."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'jobs_importjob_text%'")
            return {INDEX, *_TRIGGER_NAMES} <= {name for (name,) in cursor.fetchall()}
        # One whose making was cut short stays behind, and is no use.
        cursor.execute(
            "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid", [INDEX]
        )
        return cursor.fetchone() is not None


def _make_on_sqlite() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # Without its triggers, whatever is there tells of jobs as they once were.
        drop()
        for statement in (*_SQLITE, *_SQLITE_TRIGGERS):
            cursor.execute(statement.format(**_NAMES))


def _make_on_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        # Concurrently, so that jobs can be submitted meanwhile; in a transaction it cannot be.
        how = "" if connection.in_atomic_block else "CONCURRENTLY"
        cursor.execute(f"DROP INDEX {how} IF EXISTS {INDEX}")
        cursor.execute(
            f"CREATE INDEX {how} {INDEX} ON jobs_importjob USING gin "
            f"(({_ALL_TEXT.join(FIELDS)}) gin_trgm_ops)"
        )


def mentions(term: str) -> Q:
    """That one of the fields holds the term, in upper or lower case."""
    if connection.vendor == "sqlite":
        held = Q()
        for field in FIELDS:
            held |= Q(**{f"{field}__icontains": term})
        return held
    pattern = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in term)
    return Q(_Holds(_AllText(*map(F, FIELDS)), Value(f"%{pattern}%")))


def candidates(terms: Sequence[str]) -> Q | None:
    """Among which jobs the index finds all of the terms, of at least SHORTEST_TERM letters each;
    None where it is quicker, or the only way, to look at job after job. PostgreSQL decides that
    by itself.

    Some of these jobs may not have the terms, so each has to be looked at. Up to three queries.
    """
    if connection.vendor != "sqlite" or not stands():
        return None
    with connection.cursor() as cursor:
        # Few jobs have most words that people look for. They are found by some of a word's
        # trigrams wherever these stand, which costs the index a quarter of what all of them do,
        # one after the other; from the oldest on, which is the way that its lists are written.
        cursor.execute(
            "SELECT rowid FROM jobs_importjob_text WHERE jobs_importjob_text MATCH %s LIMIT %s",
            [_match([trigram for term in terms for trigram in sorted(_trigrams(term))]), PAGE],
        )
        found = cursor.fetchall()
        if len(found) == PAGE:
            match = _match(terms)
            cursor.execute(
                "SELECT rowid, (SELECT MAX(id) FROM jobs_importjob) FROM jobs_importjob_text "
                "WHERE jobs_importjob_text MATCH %s ORDER BY rowid DESC LIMIT %s",
                [match, PAGE],
            )
            found = cursor.fetchall()
    if len(found) < PAGE:
        return Q(pk__in=[number for number, *_last in found])
    number, last = found[-1]
    return None if number > last - NEAR else Q(_InIndex(F("pk"), Value(match)))


def _trigrams(term: str) -> set[str]:
    """The first, the middle and the last."""
    last = len(term) - SHORTEST_TERM
    return {term[place : place + SHORTEST_TERM] for place in (0, last // 2, last)}


def _match(words: Sequence[str]) -> str:
    return " AND ".join('"' + word.replace('"', '""') + '"' for word in words)


class _Holds(Func):
    arg_joiner = " ILIKE "
    template = "%(expressions)s"
    output_field = BooleanField()


class _AllText(Func):
    arg_joiner = _ALL_TEXT
    template = "(%(expressions)s)"


class _InIndex(Func):
    arg_joiner = " IN (SELECT rowid FROM jobs_importjob_text WHERE jobs_importjob_text MATCH "
    template = "%(expressions)s)"
    output_field = BooleanField()
