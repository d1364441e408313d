"""Tables, columns and conditions as Python expressions: the few forms that the store needs.

SQLAlchemy has them all, but loading it takes longer, and more memory, than all else that a
``collect`` from cron does together; so it is left to the migrations. The names are its names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from data.model import from_ms, to_ms

Kind = Literal["text", "integer", "double", "boolean", "blob", "instant", "milliseconds"]
Text: Final[Kind] = "text"
Integer: Final[Kind] = "integer"
BigInteger: Final[Kind] = "integer"
Double: Final[Kind] = "double"
Boolean: Final[Kind] = "boolean"
LargeBinary: Final[Kind] = "blob"
Instant: Final[Kind] = "instant"
"""A moment in UTC: integer milliseconds on SQLite, ``timestamptz`` on PostgreSQL."""
Milliseconds: Final[Kind] = "milliseconds"
"""A moment that is read as milliseconds since the epoch: as a number."""


class Expression:
    """A piece of SQL with its parameters; comparing and combining gives another piece."""

    __slots__ = ("kind", "params", "sql")

    def __init__(self, sql: str, params: tuple[Any, ...] = (), kind: Kind | None = None) -> None:
        self.sql = sql
        self.params = params
        self.kind = kind

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError(f"{self.sql} is a condition for the database: it is not true or false here")

    def __eq__(self, other: object) -> Any:
        return self.is_(None) if other is None else self._with("=", other)

    def __ne__(self, other: object) -> Any:
        return self.is_not(None) if other is None else self._with("<>", other)

    def __lt__(self, other: Any) -> "Expression":
        return self._with("<", other)

    def __le__(self, other: Any) -> "Expression":
        return self._with("<=", other)

    def __gt__(self, other: Any) -> "Expression":
        return self._with(">", other)

    def __ge__(self, other: Any) -> "Expression":
        return self._with(">=", other)

    def __add__(self, other: Any) -> "Expression":
        return self._with("+", other)

    def __and__(self, other: Any) -> "Expression":
        return self._with("AND", other)

    def __or__(self, other: Any) -> "Expression":
        return self._with("OR", other)

    def is_(self, _none: None) -> "Expression":
        """Whether it is NULL."""
        return Expression(f"({self.sql} IS NULL)", self.params)

    def is_not(self, _none: None) -> "Expression":
        """Whether it is not NULL."""
        return Expression(f"({self.sql} IS NOT NULL)", self.params)

    def is_distinct_from(self, other: Any) -> "Expression":
        """Whether it is another value, NULL being one."""
        return self._with("IS DISTINCT FROM", other)

    def in_(self, values: Iterable[Any]) -> "Expression":
        """Whether it is one of ``values``."""
        given = tuple(values)
        marks = ", ".join("?" for _ in given) or "NULL"
        return Expression(f"({self.sql} IN ({marks}))", (*self.params, *given))

    def between(self, low: Any, high: Any) -> "Expression":
        """Whether it lies in [low, high]."""
        return and_(self >= low, self <= high)

    def desc(self) -> "Expression":
        """For an order: the largest first."""
        return Expression(f"{self.sql} DESC", self.params)

    def _with(self, sign: str, other: Any) -> "Expression":
        right = expression(other)
        return Expression(f"({self.sql} {sign} {right.sql})", self.params + right.params)


def expression(value: Any) -> Expression:
    """An expression as it is, anything else as a parameter."""
    return value if isinstance(value, Expression) else Expression("?", (value,))


def and_(*parts: Expression) -> Expression:
    """All of them."""
    return _joined(" AND ", parts)


def or_(*parts: Expression) -> Expression:
    """Any of them."""
    return _joined(" OR ", parts)


def _joined(word: str, parts: Sequence[Expression]) -> Expression:
    sql = word.join(part.sql for part in parts)
    return Expression(f"({sql})", tuple(value for part in parts for value in part.params))


def case(*whens: tuple[Expression, Expression], else_: Expression) -> Expression:
    """The value of the first condition that holds."""
    arms = "".join(f" WHEN {when.sql} THEN {value.sql}" for when, value in whens)
    params = tuple(param for pair in whens for part in pair for param in part.params)
    return Expression(f"CASE{arms} ELSE {else_.sql} END", params + else_.params, else_.kind)


def count() -> Expression:
    """The number of rows."""
    return Expression("count(*)")


def as_ms(instant: Expression) -> Expression:
    """A moment as milliseconds since the epoch, for an answer."""
    return Expression(instant.sql, instant.params, Milliseconds)


class Column(Expression):
    """A column of a table, by its name."""

    __slots__ = ("name", "nullable", "primary_key", "table")

    def __init__(
        self, name: str, kind: Kind, *, primary_key: bool = False, nullable: bool = True
    ) -> None:
        super().__init__(f'"{name}"', (), kind)
        self.name = name
        self.primary_key = primary_key
        self.nullable = nullable and not primary_key
        self.table: Table | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An index by its name and columns; ``unique`` for a constraint."""

    name: str
    columns: tuple[str, ...]
    unique: bool = False


class Columns:
    """The columns of a table: ``c.slot``, ``c["slot"]``, all of them in order."""

    def __init__(self, columns: Mapping[str, Expression]) -> None:
        self._columns = columns

    def __getitem__(self, name: str) -> Expression:
        return self._columns[name]

    def __getattr__(self, name: str) -> Expression:
        try:
            return self._columns[name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns.values())


class Table:
    """A table by its columns and indexes; the migrations make it."""

    def __init__(self, name: str, *parts: Column | Index, comment: str = "") -> None:
        self.name = name
        self.comment = comment
        self.columns = [part for part in parts if isinstance(part, Column)]
        self.indexes = [part for part in parts if isinstance(part, Index)]
        for column in self.columns:
            column.table = self
            column.sql = f'"{name}"."{column.name}"'
        self.key = [column for column in self.columns if column.primary_key]
        self.c = Columns({column.name: column for column in self.columns})


class MisreadError(ValueError):
    """A value that its column cannot hold: what wrote it was not Masthead."""


def read(value: Any, kind: Kind | None) -> Any:
    """A value that its database gives as something else, as what its column is.

    Raises MisreadError.
    """
    if value is None:
        return None
    if kind == Instant:
        try:
            return from_ms(value)
        except (TypeError, OverflowError):
            raise MisreadError("a time is none") from None
    if kind == Milliseconds:
        return to_ms(value)
    return bool(value)
