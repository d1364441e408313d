"""Statements: what they say to the database, and what its rows become."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.connection import Connection
from data.model import to_ms
from data.sql import (
    Boolean,
    Column,
    Expression,
    Instant,
    Integer,
    Table,
    Text,
    and_,
    as_ms,
    case,
    count,
    or_,
    read,
)
from data.sqlite import File, SqliteEngine
from data.statements import Statement, delete, insert, select, text, update
from data.unions import PART, union
from tests.conftest import T0

things = Table(
    "things",
    Column("name", Text, primary_key=True),
    Column("size", Integer),
    Column("at", Instant),
    Column("good", Boolean),
)
owners = Table("owners", Column("thing", Text, primary_key=True), Column("owner", Text))
a, b, c = (things.c[name] for name in ("name", "size", "at"))


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database with three things and an owner."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    made = Connection(raw, "sqlite")
    made.execute(text("CREATE TABLE things (name TEXT PRIMARY KEY, size, at, good)"))
    made.execute(text("CREATE TABLE owners (thing TEXT PRIMARY KEY, owner)"))
    rows: list[dict[str, Any]] = [
        {"name": "bell", "size": 3, "at": T0, "good": True},
        {"name": "can", "size": None, "at": None, "good": False},
        {"name": "dish", "size": 5, "at": T0 + timedelta(hours=1), "good": None},
    ]
    made.execute(insert(things), rows)
    made.execute(insert(owners).values(thing="bell", owner="Ann"))
    yield made
    raw.close()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (a == "bell", ["bell"]),
        (a != "bell", ["can", "dish"]),
        (b == None, ["can"]),  # noqa: E711 - what Python code may write
        (b != None, ["bell", "dish"]),  # noqa: E711
        (b.is_(None), ["can"]),
        (b.is_not(None), ["bell", "dish"]),
        (b < 5, ["bell"]),
        (b <= 5, ["bell", "dish"]),
        (b > 3, ["dish"]),
        (b >= 3, ["bell", "dish"]),
        (b + 2 == 5, ["bell"]),
        (c <= T0, ["bell"]),
        (c.between(T0, T0), ["bell"]),
        (b.is_distinct_from(3), ["can", "dish"]),
        (b.is_distinct_from(None), ["bell", "dish"]),
        (a.in_(["can", "dish", "egg"]), ["can", "dish"]),
        (a.in_([]), []),
        ((a == "bell") | (b == 5), ["bell", "dish"]),
        ((a == "bell") & (b == 5), []),
        (or_(a == "bell", a == "can", b == 5), ["bell", "can", "dish"]),
        (and_(b.is_not(None), or_(a == "can", b == 5)), ["dish"]),
        (case((b == 3, a), else_=Expression("'x'")) == "x", ["can", "dish"]),
        (select(owners.c.owner).where(owners.c.thing == a).exists(), ["bell"]),
    ],
    ids=lambda value: value.sql if isinstance(value, Expression) else None,
)
def test_conditions(connection: Connection, condition: Expression, expected: list[str]) -> None:
    """Each condition finds what it says, NULLs and times included."""
    assert list(connection.scalars(select(a).where(condition).order_by(a))) == expected


def test_a_condition_is_no_truth() -> None:
    """A condition in an ``if`` or an ``in`` is a mistake and says so."""
    with pytest.raises(TypeError, match="condition for the database"):
        assert a == "bell"
    with pytest.raises(TypeError, match="condition for the database"):
        assert a in [b]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (select(a).order_by(a.desc()), ["dish", "can", "bell"]),
        (select(a).order_by(b.is_(None), b.desc()), ["dish", "bell", "can"]),
        (select(a).order_by(a).limit(1), ["bell"]),
        (select(a).order_by(a).limit(1).offset(1), ["can"]),
        (select(a).order_by(a).offset(1).limit(1), ["can"]),
        (select(count()).select_from(things), [3]),
        (select(things.c.good).distinct().order_by(things.c.good), [None, False, True]),
        (select(a).where(b == 3).where(a == "can"), []),
    ],
    ids=lambda value: value.render()[0] if isinstance(value, Statement) else None,
)
def test_selects(connection: Connection, statement: Any, expected: list[Any]) -> None:
    """Order, limits, counting and distinct values."""
    assert list(connection.scalars(statement)) == expected


def test_rows(connection: Connection) -> None:
    """A row is a tuple whose values have names, times and truths as they were given."""
    row = connection.execute(select(things).where(a == "bell")).one()
    assert tuple(row) == ("bell", 3, T0, True)
    assert (row.at, row.good) == (T0, True)
    assert row._mapping == {"name": "bell", "size": 3, "at": T0, "good": True}
    with pytest.raises(AttributeError, match="colour"):
        assert row.colour
    with pytest.raises(AttributeError, match="colour"):
        assert things.c.colour


def test_moments_as_milliseconds(connection: Connection) -> None:
    """A moment is a number where it is asked for as one, whichever way the database gives it."""
    query = select(as_ms(c), b).order_by(a)
    assert [row[0] for row in connection.execute(query)] == [to_ms(T0), None, to_ms(T0) + 3_600_000]
    assert read(T0, query.kinds()[0]) == to_ms(T0)


def test_joined(connection: Connection) -> None:
    """What has no partner has NULLs in its place."""
    query = select(a, owners.c.owner).outerjoin(owners, owners.c.thing == a).order_by(a)
    assert connection.execute(query).all() == [("bell", "Ann"), ("can", None), ("dish", None)]


def test_grouped(connection: Connection) -> None:
    """One row for each group, with its number."""
    query = select(things.c.good, count()).group_by(things.c.good).order_by(count().desc())
    assert {tuple(row) for row in connection.execute(query)} == {(True, 1), (False, 1), (None, 1)}
    more = select(count()).select_from(things).where(b >= 0).group_by(things.c.name)
    assert [row[0] for row in connection.execute(more)] == [1, 1]


def test_several_selects_at_once(connection: Connection) -> None:
    """Rows of each part with its number; each keeps its own order, limit and values."""
    smallest, named = select(a, b).order_by(b).limit(1), select(a, b).where(a == "bell")
    nothing = select(a, b).where(b > 99)
    query = union([named, nothing, smallest, named], PART, Expression("name"))
    assert sorted(map(tuple, connection.execute(query))) == [
        (0, "bell"),
        (2, connection.scalar(smallest)),
        (3, "bell"),
    ]
    assert connection.execute(query.where(PART > 2).limit(1)).one()[0] == 3


def test_durations(connection: Connection) -> None:
    """What lies between two moments is compared as they are."""
    later = things.c.at + timedelta(hours=1)
    assert list(connection.scalars(select(a).where(later > T0))) == ["bell", "dish"]
    assert list(connection.scalars(select(a).where(later > T0 + timedelta(hours=1)))) == ["dish"]


def test_changes(connection: Connection) -> None:
    """UPDATE and DELETE touch the rows they name, and count them."""
    assert connection.execute(update(things).where(b >= 3).values(size=b + 1)).rowcount == 2
    assert list(connection.scalars(select(b).order_by(a))) == [4, None, 6]
    assert connection.execute(delete(things).where(a == "can")).rowcount == 1
    assert connection.scalar(select(count()).select_from(things)) == 2
    assert connection.scalar(select(a).where(a == "can")) is None


def test_conflicts(connection: Connection) -> None:
    """A taken key: an error, nothing, or the changes asked for where their condition holds."""
    taken = insert(things).values(name="bell", size=9)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(taken)
    assert connection.execute(taken.on_conflict_do_nothing().returning(a)).scalar() is None
    larger = taken.excluded.size > b
    for size, expected in ((9, 9), (2, 9)):
        statement = insert(things).values(name="bell", size=size)
        set_ = {"size": taken.excluded.size}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_=set_, where=larger)
        )
        assert connection.scalar(select(b).where(a == "bell")) == expected


def test_several_rows_in_one_statement(connection: Connection) -> None:
    """Many rows go in at once, and one may be answered with."""
    rows = [{"name": name, "size": 1} for name in ("egg", "fork")]
    assert connection.execute(insert(things).values(rows)).rowcount == 2
    assert connection.execute(insert(things).values(name="gem").returning(a)).scalar() == "gem"


def test_postgresql_gets_its_own_marks() -> None:
    """The other database is given its marks, its times as they are, and its own words."""
    told: list[Any] = []

    class Cursor:
        description = None

        def execute(self, *given: Any) -> None:
            told.extend(given)

    class Raw:
        def cursor(self) -> Cursor:
            return Cursor()

    Connection(Raw(), "postgresql").execute(delete(things).where(c.is_distinct_from(T0)))
    assert told == ['DELETE FROM "things" WHERE ("things"."at" IS DISTINCT FROM %s)', [T0]]


def test_connections_are_used_again_by_any_thread(tmp_path: Path) -> None:
    """Threads get a connection each at once; one after the other they share one."""
    engine = SqliteEngine(File(str(tmp_path / "x.db")), timedelta(seconds=5), threading.Event())
    seen: list[int] = []

    def work() -> None:
        with engine.begin(writes=True) as connection:
            seen.append(id(connection.raw))

    for _ in range(3):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(set(seen)) == 1
    with engine.begin(writes=False) as one, engine.begin(writes=False) as other:
        assert one.raw is not other.raw
        assert engine.busy == 2
    assert engine.busy == 0
    engine.dispose()
