"""`state__among=OPEN_STATES`: `in`, with the words written into the statement."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import CharField, Lookup
from django.db.models.sql.compiler import SQLCompiler

WORD = re.compile(r"[a-z_]+")


@CharField.register_lookup
class Among(Lookup):
    """For the condition of an index that holds some rows alone, such as the open ones.

    SQLite uses such an index only where the statement has the condition word for word, which
    parameters are not; without it a worker would read every row there ever was, each second.
    The words are this program's own. Raises ValueError for any that could be more than a word.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """`column IN ('one', 'two')`, in the order of the index's own condition."""
        words: Iterable[str] = [str(word) for word in self.rhs]
        if not all(WORD.fullmatch(word) for word in words):
            raise ValueError(f"not words: {self.rhs!r}")
        column, params = self.process_lhs(compiler, connection)
        written = ", ".join(f"'{word}'" for word in words)
        return f"{column} IN ({written})", tuple(params)
