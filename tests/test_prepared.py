"""Prepared statements: rendered once, they do what the statement built anew does."""

import sqlite3
from collections.abc import Iterator

import pytest

from data.connection import Connection
from data.prepared import Given, Prepared
from data.sql import Column, Instant, Integer, Table, Text, or_
from data.statements import insert, select, text, update
from tests.conftest import T0

things = Table(
    "things",
    Column("name", Text, primary_key=True),
    Column("size", Integer),
    Column("at", Instant),
)
named, sized = things.c["name"], things.c["size"]
put = Prepared(insert(things).values(name=Given("name"), size=Given("size"), at=Given("at")))


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database with two things."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    made = Connection(raw, "sqlite")
    made.execute(text("CREATE TABLE things (name TEXT PRIMARY KEY, size, at)"))
    for name, size in (("bell", 3), ("dish", 5)):
        made.execute(put({"name": name, "size": size, "at": T0}))
    yield made
    raw.close()


def test_same_as_built_anew(connection: Connection) -> None:
    """Values stand where they were asked for, beside fixed ones; columns are what they were."""
    kept = or_(named == Given("name"), sized > Given("least"))
    found = Prepared(select(things).where(kept, named != "can").order_by(named == Given("name")))
    for name, least in (("bell", 4), ("dish", 9), ("none", 9)):
        anew = select(things).where(or_(named == name, sized > least), named != "can")
        rows = connection.execute(found({"name": name, "least": least})).all()
        assert rows == connection.execute(anew.order_by(named == name)).all()
        assert all(row.at == T0 for row in rows)


def test_rows_and_changes(connection: Connection) -> None:
    """What is written may be NULL, and values that no place asks for are passed over."""
    grow = Prepared(update(things).where(named == Given("name")).values(size=sized + Given("by")))
    assert connection.execute(grow({"name": "bell", "by": 2, "other": 1})).rowcount == 1
    connection.execute(put({"name": "can", "size": None, "at": None}))
    sizes = connection.execute(select(sized).order_by(named)).scalars()
    assert list(sizes) == [5, None, 5]


def test_missing_value(connection: Connection) -> None:
    """A statement is not executed without all of its values."""
    with pytest.raises(KeyError, match="size"):
        connection.execute(put({"name": "egg", "at": T0}))
