"""Statements that Django composes once in each process, and not for each request."""

from collections.abc import Iterator
from typing import Any, Self

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


class Statement:
    """What a query of values asks of the database, to be run as often as it is asked for.

    Composing a page's statements takes Django several times as long as SQLite takes to answer
    them. The SQL hangs on the query alone, so it is as good the next time; the rows are read each
    time. Of a query that can find nothing, nothing is asked.
    """

    def __init__(self, sql: str, params: tuple[Any, ...], converters: dict[int, Any]) -> None:
        self._sql = sql
        self._params = params
        self._converters = [
            (place, convert, column)
            for place, (functions, column) in converters.items()
            for convert in functions
        ]

    @classmethod
    def of(cls, values: QuerySet[Any, Any]) -> Self:
        """The statement of a `values_list` of columns."""
        compiler = values.query.get_compiler(connection=connection)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return cls("", (), {})
        columns = [column for column, _sql, _alias in compiler.select]
        return cls(sql, params, compiler.get_converters(columns))

    def rows(self, *params: Any) -> Iterator[tuple[Any, ...]]:
        """The rows as the query would give them, with other parameters where some are given, in
        the order in which they stand in the statement. One query."""
        if not self._sql:
            return
        with connection.cursor() as cursor:
            cursor.execute(self._sql, params or self._params)
            found = cursor.fetchall()
        for row in found:
            values = list(row)
            for place, convert, column in self._converters:
                if values[place] is not None:
                    values[place] = convert(values[place], column, connection)
            yield tuple(values)
