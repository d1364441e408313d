"""The order of a table's rows by their key: the same on both engines, and cheap on both.

Rows of one source stand together, within it they stand by the rest of the key. Texts in that rest
are compared by their bytes, for what a PostgreSQL takes for their order depends on its locale.
"""

from collections.abc import Sequence
from typing import Any, Final

from data.connection import Connection, Dialect
from data.sql import Column, Expression, Table, Text, and_, count, or_
from data.statements import Select, select

BY_BYTES: Final[dict[Dialect, str]] = {"sqlite": "BINARY", "postgresql": '"C"'}
"""The collation that compares texts by their bytes."""


def is_grouped(table: Table) -> bool:
    """Whether the table's key has more than one column, of which the first is the source."""
    return len(table.key) > 1


def rest(table: Table) -> list[Column]:
    """The columns of the key by which rows of one group are told apart."""
    return table.key[1:] if is_grouped(table) else table.key


def groups(connection: Connection, table: Table) -> list[str | None]:
    """The sources of the table's rows in the order of their bytes; else the one group None."""
    if not is_grouped(table):
        return [None]
    source, found = table.key[0], []
    query = select(source).order_by(source).limit(1)
    name = connection.scalar(query)
    while name is not None:
        found.append(name)
        name = connection.scalar(query.where(source > name))
    return sorted(found)


def of_group(table: Table, group: str | None) -> tuple[Expression, ...]:
    """The condition that names a group; none where there is only one."""
    return () if group is None else (table.key[0] == group,)


def in_order(query: Select, table: Table, dialect: Dialect, *, newest: bool = False) -> Select:
    """The query's rows of one group by the rest of their key, or from its end."""
    order = [_by_bytes(column, dialect) for column in rest(table)]
    return query.order_by(*(one.desc() if newest else one for one in order))


def after(table: Table, place: Sequence[Any], dialect: Dialect) -> Expression:
    """The condition for rows of a group behind the one whose key ends with ``place``."""
    columns = rest(table)
    return or_(
        *(
            and_(
                *(columns[i] == place[i] for i in range(at)),
                _by_bytes(columns[at], dialect) > place[at],
            )
            for at in range(len(columns))
        )
    )


def size(connection: Connection, table: Table) -> int:
    """How many rows a table has."""
    return int(connection.scalar(select(count()).select_from(table)))


def last(connection: Connection, table: Table, group: str | None) -> tuple[Any, ...] | None:
    """The end of the key of a group's last row, None where it has no row."""
    query = select(*rest(table)).where(*of_group(table, group)).limit(1)
    row = connection.execute(in_order(query, table, connection.dialect, newest=True)).first()
    return None if row is None else tuple(row)


def _by_bytes(column: Column, dialect: Dialect) -> Expression:
    if column.kind != Text:
        return column
    return Expression(f"{column.sql} COLLATE {BY_BYTES[dialect]}", (), column.kind)
