"""Statements that are executed again and again: rendered once, each time with values of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.sql import Kind, Table
from data.statements import Rendered, Statement, insert


@dataclass(frozen=True, slots=True)
class Given:
    """Stands in a statement where a value comes later; in a condition it is never None, for
    ``IS NULL`` is another statement.
    """

    name: str


class Prepared:
    """A statement with its SQL; called with the values of all :class:`Given`, it is whole."""

    def __init__(self, statement: Statement) -> None:
        self.sql, params = statement.render()
        self._params = [(one.name, None) if isinstance(one, Given) else ("", one) for one in params]
        self._kinds = statement.kinds()

    def __call__(self, values: Mapping[str, Any]) -> Statement:
        """The statement with ``values`` by name; KeyError where one is missing."""
        params = tuple(values[name] if name else fixed for name, fixed in self._params)
        return _Whole(self.sql, params, self._kinds)


@dataclass(frozen=True, slots=True)
class _Whole(Statement):
    sql: str
    params: tuple[Any, ...]
    columns: Sequence[Kind | None]

    def render(self) -> Rendered:
        """The SQL and its parameters."""
        return self.sql, self.params

    def kinds(self) -> Sequence[Kind | None]:
        """What the columns of the answer are."""
        return self.columns


def prepared_insert(table: Table) -> Prepared:
    """An INSERT of a row that has every column of ``table``."""
    return Prepared(insert(table).values(**{one.name: Given(one.name) for one in table.columns}))
