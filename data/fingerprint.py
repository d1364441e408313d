"""A table's checksum: the same on both engines exactly when every value of every row is.

A row's bytes are those of PostgreSQL's binary COPY: per value its length and then integers and
floats big-endian, texts in UTF-8, times as microseconds since 2000. That server writes them
itself; the rows of a SQLite file are brought into the same form here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import islice
from struct import Struct
from typing import Any, Final

from data import keys
from data.connection import Connection
from data.sql import Boolean, Double, Expression, Instant, Integer, Kind, LargeBinary, Table, Text
from data.statements import Select

Advance = Callable[[int], None]
"""Told how many rows more were looked at."""

HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL: Final = b"\xff\xff"
NULL: Final = b"\xff\xff\xff\xff"
Y2000_US: Final = 946_684_800_000_000
SLICE: Final = 5_000
"""Rows hashed at once."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """How many rows a table has, and what they come to in 32 hexadecimal digits."""

    rows: int
    digest: str


def checksum(connection: Connection, table: Table, advance: Advance) -> Checksum:
    """The checksum of a table as it is stored, from all its rows, few in memory at a time."""
    digest, rows = blake2b(digest_size=16), 0
    read = _from_sqlite if connection.dialect == "sqlite" else _from_postgres
    for group in keys.groups(connection, table):
        query = Select(_forms(connection, table), f'"{table.name}"')
        query = query.where(*keys.of_group(table, group))
        for count, part in read(connection, keys.in_order(query, table, connection.dialect), table):
            digest.update(part)
            rows += count
            advance(count)
    return Checksum(rows, digest.hexdigest())


def _forms(connection: Connection, table: Table) -> tuple[Expression, ...]:
    forms = _SQLITE if connection.dialect == "sqlite" else _POSTGRES
    return tuple(
        Expression(forms.get(column.kind or Text, "{}").format(column.sql))
        for column in table.columns
    )


_SQLITE: Final[dict[Kind, str]] = {
    Text: "CAST({} AS BLOB)",
    Instant: f"{{}} * 1000 - {Y2000_US}",
}
_POSTGRES: Final[dict[Kind, str]] = {
    # Of the two zeros of a float, SQLite keeps only one.
    Double: "{} + 0::float8",
    Integer: "{}::bigint",
    Boolean: "{}::int::bigint",
}
"""SQL that gives a value of each kind in the common form, as far as the engine can."""


def _from_postgres(
    connection: Connection, query: Select, _table: Table
) -> Iterator[tuple[int, bytes]]:
    sql, params = query.render()
    copy = f"COPY ({sql.replace('?', '%s')}) TO STDOUT (FORMAT BINARY)"
    with connection.raw.cursor() as cursor, cursor.copy(copy, params) as rows:
        # The server sends each row by itself, the first behind the head, and the tail alone.
        pending = (bytes(row).removeprefix(HEAD) for row in rows)
        while some := list(islice(pending, SLICE)):
            several = [row for row in some if row and row != TAIL]
            yield len(several), b"".join(several)


def _from_sqlite(
    connection: Connection, query: Select, table: Table
) -> Iterator[tuple[int, bytes]]:
    count = Struct(">h").pack(len(table.columns))
    packs = [_PACKS[column.kind or Text] for column in table.columns]
    rows = iter(connection.raw.execute(*query.render()))
    while some := list(islice(rows, SLICE)):
        parts = [
            NULL if value is None else pack(value)
            for row in some
            for pack, value in zip((_keep, *packs), (count, *row), strict=True)
        ]
        yield len(some), b"".join(parts)


def _keep(count: bytes) -> bytes:
    return count


def _long(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


_eight: Final[Callable[[Any], bytes]] = partial(Struct(">iq").pack, 8)
_PACKS: Final[dict[Kind, Callable[[Any], bytes]]] = {
    Text: _long,
    LargeBinary: _long,
    Integer: _eight,
    Boolean: _eight,
    Instant: _eight,
    Double: partial(Struct(">id").pack, 8),
}
