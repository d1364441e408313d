"""Statements as Python expressions: SELECT, INSERT, UPDATE, DELETE, each built step by step.

Every value is a parameter; what stands in the SQL itself are names from :mod:`data.schema`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from data.sql import Column, Columns, Expression, Kind, Table, expression

Rendered = tuple[str, tuple[Any, ...]]
"""SQL with ``?`` for each parameter, and the parameters."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What can be executed."""

    def render(self) -> Rendered:
        """The SQL and its parameters."""
        raise NotImplementedError

    def kinds(self) -> Sequence[Kind | None]:
        """What the answer's columns are; empty where they are to be taken as they come."""
        return ()


@dataclass(frozen=True, slots=True)
class Raw(Statement):
    """SQL as it is."""

    sql: str

    def render(self) -> Rendered:
        """The SQL and its parameters."""
        return self.sql, ()


def text(sql: str) -> Raw:
    """A statement in SQL, without parameters."""
    return Raw(sql)


@dataclass(frozen=True, slots=True)
class Select(Statement):
    """A SELECT; each method gives a larger one."""

    wanted: tuple[Expression, ...]
    source: str = ""
    conditions: tuple[Expression, ...] = ()
    order: tuple[Expression, ...] = ()
    groups: tuple[Expression, ...] = ()
    most: int | None = None
    skipped: int = 0
    start: str = "SELECT"
    before: tuple[Any, ...] = ()
    """Parameters of the source."""

    def where(self, *conditions: Expression) -> "Select":
        """Only rows for which all conditions hold."""
        return replace(self, conditions=self.conditions + conditions)

    def order_by(self, *order: Expression) -> "Select":
        """In this order, after the one already asked for."""
        return replace(self, order=self.order + order)

    def group_by(self, *groups: Expression) -> "Select":
        """One row for each combination of these."""
        return replace(self, groups=groups)

    def limit(self, number: int) -> "Select":
        """At most ``number`` rows."""
        return replace(self, most=number)

    def offset(self, number: int) -> "Select":
        """Without the first ``number`` rows, where there is a limit."""
        return replace(self, skipped=number)

    def distinct(self) -> "Select":
        """Each row once."""
        return replace(self, start="SELECT DISTINCT")

    def select_from(self, table: Table) -> "Select":
        """From this table."""
        return replace(self, source=f'"{table.name}"')

    def outerjoin(self, table: Table, on: Expression) -> "Select":
        """With the row of another table, NULLs where there is none."""
        joined = f'{self.source} LEFT JOIN "{table.name}" ON {on.sql}'
        return replace(self, source=joined, before=self.before + on.params)

    def lateral(self, rows: "Select", table: Table) -> "Select":
        """With ``rows`` of another table that are selected for each row so far (PostgreSQL's)."""
        sql, params = rows.render()
        joined = f'{self.source} CROSS JOIN LATERAL ({sql}) AS "{table.name}"'
        return replace(self, source=joined, before=self.before + params)

    def scalar(self) -> Expression:
        """The value of its only column in its only row, NULL where there is none."""
        sql, params = self.render()
        return Expression(f"({sql})", params)

    def exists(self) -> Expression:
        """Whether there is such a row."""
        sql, params = self.render()
        return Expression(f"EXISTS ({sql})", params)

    def render(self) -> Rendered:
        """The SQL and its parameters."""
        columns = ", ".join(column.sql for column in self.wanted)
        asked, values = _where(self.conditions)
        groups = ", ".join(part.sql for part in self.groups)
        order = ", ".join(part.sql for part in self.order)
        sql = f"{self.start} {columns} FROM {self.source}{asked}"
        sql += f" GROUP BY {groups}" if groups else ""
        sql += f" ORDER BY {order}" if order else ""
        if self.most is not None:
            sql += f" LIMIT {self.most:d} OFFSET {self.skipped:d}"
        first = tuple(value for column in self.wanted for value in column.params)
        last = tuple(value for part in (*self.groups, *self.order) for value in part.params)
        return sql, first + self.before + values + last

    def kinds(self) -> Sequence[Kind | None]:
        """What the columns of the answer are."""
        return [column.kind for column in self.wanted]


def select(*wanted: Table | Expression) -> Select:
    """A SELECT of tables' columns and of expressions, from the tables they belong to."""
    columns: list[Expression] = []
    for part in wanted:
        columns.extend(part.columns if isinstance(part, Table) else [part])
    tables = dict.fromkeys(
        part.table.name for part in columns if isinstance(part, Column) and part.table
    )
    source = next((f'"{name}"' for name in tables), "")
    return Select(tuple(columns), source)


def _where(conditions: Sequence[Expression]) -> Rendered:
    if not conditions:
        return "", ()
    sql = " AND ".join(part.sql for part in conditions)
    return f" WHERE {sql}", tuple(value for part in conditions for value in part.params)


@dataclass(frozen=True, slots=True)
class Insert(Statement):
    """An INSERT of rows that all have the columns of the first."""

    table: Table
    rows: tuple[Mapping[str, Any], ...] = ()
    conflict: Expression = field(default_factory=lambda: Expression(""))
    answer: tuple[Expression, ...] = ()

    @property
    def excluded(self) -> Columns:
        """The row that met one that was there."""
        names = [column.name for column in self.table.columns]
        return Columns({name: Expression(f'excluded."{name}"') for name in names})

    def values(self, rows: Sequence[Mapping[str, Any]] | None = None, /, **row: Any) -> "Insert":
        """The row, or the rows, to insert."""
        return replace(self, rows=(row,) if rows is None else tuple(rows))

    def on_conflict_do_nothing(self) -> "Insert":
        """Where the key is taken, leave what is there."""
        return replace(self, conflict=Expression(" ON CONFLICT DO NOTHING"))

    def on_conflict_do_update(
        self,
        *,
        index_elements: Sequence[str],
        set_: Mapping[str, Any],
        where: Expression | None = None,
    ) -> "Insert":
        """Where the key is taken, change what is there."""
        key = ", ".join(f'"{name}"' for name in index_elements)
        changes, params = _changes(set_)
        asked, more = _where([] if where is None else [where])
        sql = f" ON CONFLICT ({key}) DO UPDATE SET {changes}{asked}"
        return replace(self, conflict=Expression(sql, params + more))

    def returning(self, *columns: Expression) -> "Insert":
        """Answer with these columns of the rows that were written."""
        return replace(self, answer=columns)

    def render(self) -> Rendered:
        """The SQL and its parameters."""
        names = list(self.rows[0])
        marks = f"({', '.join('?' for _ in names)})"
        columns = ", ".join(f'"{name}"' for name in names)
        sql = f'INSERT INTO "{self.table.name}" ({columns}) VALUES '
        sql += ", ".join(marks for _ in self.rows) + self.conflict.sql
        answer = ", ".join(column.sql for column in self.answer)
        values = tuple(row[name] for row in self.rows for name in names)
        return sql + (f" RETURNING {answer}" if answer else ""), values + self.conflict.params

    def kinds(self) -> Sequence[Kind | None]:
        """What the columns of the answer are."""
        return [column.kind for column in self.answer]


@dataclass(frozen=True, slots=True)
class Update(Statement):
    """An UPDATE of the rows for which all conditions hold."""

    table: Table
    conditions: tuple[Expression, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)

    def where(self, *conditions: Expression) -> "Update":
        """Only rows for which all conditions hold."""
        return replace(self, conditions=self.conditions + conditions)

    def values(self, **changes: Any) -> "Update":
        """What to set: values, or expressions of what is there."""
        return replace(self, changes=changes)

    def render(self) -> Rendered:
        """The SQL and its parameters."""
        changes, params = _changes(self.changes)
        asked, values = _where(self.conditions)
        return f'UPDATE "{self.table.name}" SET {changes}{asked}', params + values


def insert(table: Table) -> Insert:
    """An INSERT into a table."""
    return Insert(table)


def update(table: Table) -> Update:
    """An UPDATE of a table."""
    return Update(table)


def _changes(values: Mapping[str, Any]) -> Rendered:
    parts = {name: expression(value) for name, value in values.items()}
    sql = ", ".join(f'"{name}" = {part.sql}' for name, part in parts.items())
    return sql, tuple(value for part in parts.values() for value in part.params)


@dataclass(frozen=True, slots=True)
class Delete(Statement):
    """A DELETE of the rows for which all conditions hold."""

    table: Table
    conditions: tuple[Expression, ...] = ()

    def where(self, *conditions: Expression) -> "Delete":
        """Only rows for which all conditions hold."""
        return replace(self, conditions=self.conditions + conditions)

    def render(self) -> Rendered:
        """The SQL and its parameters."""
        asked, values = _where(self.conditions)
        return f'DELETE FROM "{self.table.name}"{asked}', values


def delete(table: Table) -> Delete:
    """A DELETE from a table."""
    return Delete(table)
