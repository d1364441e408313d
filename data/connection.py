"""Executing statements: a transaction's connection, and the rows it answers with."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Final, Literal

from data.model import MILLISECOND, from_ms, to_ms
from data.sql import Instant, Kind, Table, read
from data.statements import Insert, Statement

Dialect = Literal["sqlite", "postgresql"]
ROWS: Final = 2_000
"""Rows that a stream fetches at once."""
UNLIKE: Final[Mapping[Dialect, frozenset[Kind | None]]] = {
    "sqlite": frozenset(("instant", "boolean")),
    "postgresql": frozenset(("milliseconds",)),
}
"""Kinds of column that a driver gives as something else than what they are."""


class Row(tuple[Any, ...]):
    """The values of one row in order, each also by its column's name."""

    __slots__ = ()
    _places: ClassVar[Mapping[str, int]] = {}

    def __getattr__(self, name: str) -> Any:
        try:
            return self[self._places[name]]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def _mapping(self) -> dict[str, Any]:
        return dict(zip(self._places, self, strict=True))


@lru_cache(maxsize=256)
def _row_type(names: tuple[str, ...]) -> type[Row]:
    places = {name: place for place, name in enumerate(names)}
    return type("Row", (Row,), {"__slots__": (), "_places": places})


class Result:
    """What a statement answered: rows, read as they are asked for."""

    def __init__(self, cursor: Any, kinds: Sequence[Kind | None], dialect: Dialect) -> None:
        self._cursor = cursor
        self._row = _row_type(tuple(column[0] for column in cursor.description or ()))
        self._read = [(at, kind) for at, kind in enumerate(kinds) if kind in UNLIKE[dialect]]

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return int(self._cursor.rowcount)

    def __iter__(self) -> Iterator[Row]:
        if not self._read:
            return map(self._row, self._cursor)
        return self._converted()

    def _converted(self) -> Iterator[Row]:
        for values in self._cursor:
            row = list(values)
            for place, kind in self._read:
                row[place] = read(row[place], kind)
            yield self._row(row)

    def all(self) -> list[Row]:
        """Every row."""
        return list(self)

    def tuples(self) -> list[tuple[Any, ...]]:
        """Every row as its values alone, which takes half as long."""
        found: list[tuple[Any, ...]] = [*self] if self._read else self._cursor.fetchall()
        return found

    def first(self) -> Row | None:
        """The first row, None when there is none; the others are not read."""
        found = next(iter(self), None)
        self._cursor.close()
        return found

    def one(self) -> Row:
        """The only row."""
        [row] = self
        return row

    def scalar(self) -> Any:
        """The first value of the first row, None when there is none."""
        row = self.first()
        return None if row is None else row[0]

    def scalars(self) -> Iterator[Any]:
        """The first value of each row."""
        return (row[0] for row in self)


class Connection:
    """One transaction on a database, from a connection of its own driver."""

    def __init__(self, raw: Any, dialect: Dialect) -> None:
        self.raw = raw
        self.dialect = dialect
        self._streams = 0

    def execute(
        self, statement: Statement, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> Result:
        """Execute a statement; an INSERT once for each of ``rows`` where they are given."""
        cursor = self.raw.cursor()
        if rows is None:
            sql, params = statement.render()
            cursor.execute(self._sql(sql), self._values(params))
        else:
            assert isinstance(statement, Insert)  # noqa: S101 - only rows are many
            names = list(rows[0])
            values = (self._values([row[name] for name in names]) for row in rows)
            self._insert(cursor, statement, names, values)
        return Result(cursor, statement.kinds(), self.dialect)

    def fill(self, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows of values in the order of ``names``, times in ms."""
        self._insert(self.raw.cursor(), Insert(table), names, rows)

    def _insert(
        self, cursor: Any, statement: Insert, names: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        table = statement.table
        if self.dialect == "sqlite" or statement.conflict.sql:
            sql, _ = statement.values(**dict.fromkeys(names)).render()
            cursor.executemany(self._sql(sql), rows)
            return
        instants = [at for at, name in enumerate(names) if table.c[name].kind == Instant]
        columns = ", ".join(f'"{name}"' for name in names)
        with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(_with_instants(row, instants))

    def stream(self, statement: Statement) -> Iterator[Row]:
        """The rows of a statement that answers with many: few of them in memory at a time."""
        if self.dialect == "sqlite":
            yield from self.execute(statement)
            return
        self._streams += 1
        with self.raw.cursor(f"rows_{self._streams}") as cursor:
            cursor.itersize = ROWS
            sql, params = statement.render()
            cursor.execute(self._sql(sql), self._values(params))
            yield from Result(cursor, statement.kinds(), self.dialect)

    def copied(self, statement: Statement) -> Iterator[bytes]:
        """The rows as PostgreSQL's COPY writes them, lines of CSV, many of them at a time."""
        from data.postgres import copied

        sql, params = statement.render()
        yield from copied(self.raw, self._sql(sql), params, ROWS)

    def scalar(self, statement: Statement) -> Any:
        """The first value of the first row, None when there is none."""
        return self.execute(statement).scalar()

    def scalars(self, statement: Statement) -> Iterator[Any]:
        """The first value of each row."""
        return self.execute(statement).scalars()

    def _sql(self, sql: str) -> str:
        if self.dialect == "postgresql":
            return sql.replace("?", "%s")
        return sql.replace("IS DISTINCT FROM", "IS NOT")

    def _values(self, values: Sequence[Any]) -> Sequence[Any]:
        held = _whole if self.dialect == "postgresql" else _milliseconds
        return [held(value) for value in values]


def _whole(value: Any) -> Any:
    """Times to the millisecond, for SQLite holds no more; anything else as it is."""
    if isinstance(value, datetime) and value.microsecond % 1000:
        return from_ms(to_ms(value))
    return value


def _milliseconds(value: Any) -> Any:
    """Times and durations as SQLite has them, anything else as it is."""
    if isinstance(value, datetime):
        return to_ms(value)
    return value // MILLISECOND if isinstance(value, timedelta) else value


def _with_instants(row: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """The row with what is in milliseconds at these places as a moment."""
    values = list(row)
    for place in places:
        if isinstance(values[place], int):
            values[place] = from_ms(values[place])
    return values
