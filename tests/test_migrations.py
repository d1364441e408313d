"""Migrations: up from every released schema on both engines, once, whole or not at all."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect
from sqlalchemy.pool import NullPool

import data.migrations
from data import schema
from data.engine import connect, parse_url
from data.errors import StoreError
from data.revisions import revision
from data.statements import select, text
from data.store import Store, open_store
from tests.conftest import HOUR, T0, snapshot

ROOT = Path(__file__).parent.parent
FOLDER = next(iter(data.migrations.__path__))
OLDER = sorted(
    {one.revision for one in ScriptDirectory(FOLDER).walk_revisions()} - {schema.REVISION}
)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, empty: Callable[[str], str]) -> str:
    """The URL of a database that nobody migrated yet, on each engine."""
    return empty(request.param)


def through(url: str) -> Engine:
    """The database as the migrations see it."""
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)


def made_by(url: str, older: str) -> None:
    """Make the store as the version that released the schema ``older`` left it."""
    config = Config()
    config.set_main_option("script_location", FOLDER)
    with through(url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, older)


def shape(url: str) -> dict[str, list[str]]:
    """The columns of every table."""
    found = inspect(through(url))
    return {
        table: [column["name"] for column in found.get_columns(table)]
        for table in found.get_table_names()
    }


def fill(connection: Connection) -> dict[str, dict[str, Any]]:
    """One row in each table; what was put there."""
    found, filled = inspect(connection), {}
    for table in set(found.get_table_names()) - {"alembic_version"}:
        row = {one["name"]: some(str(one["type"])) for one in found.get_columns(table)}
        places = ", ".join(f":{name}" for name in row)
        statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"
        connection.execute(sqlalchemy.text(statement), row)
        filled[table] = row
    return filled


def some(kind: str) -> Any:
    """A value that a column of the kind holds."""
    kinds = {"TEXT": "x", "BLOB": b"x", "BYTEA": b"x", "FLOAT": 1.5, "DOUBLE PRECISION": 1.5}
    kinds |= {"BOOLEAN": True, "TIMESTAMP": datetime(2026, 1, 31, 6, tzinfo=UTC)}
    return kinds.get(kind, 1)


@pytest.mark.parametrize("older", OLDER)
def test_every_row_is_kept(bare: str, older: str) -> None:
    """A store of each released schema, with a row in each table, is brought up with all of them."""
    made_by(bare, older)
    with through(bare).begin() as connection:
        before = fill(connection)
    assert {"snapshots", "headlines", "runs", "pages", "sources"} <= set(before)
    opened = open_store(bare)
    assert revision(opened.engine) == schema.REVISION
    opened.close()
    with through(bare).connect() as connection:
        for table, row in before.items():
            kept = connection.execute(
                sqlalchemy.text(f"SELECT {', '.join(row)} FROM {table}")
            ).all()
            assert kept == [tuple(row.values())]


def test_weeks_are_made_from_days(bare: str) -> None:
    """A store without weeks has them afterwards as if they had been written from the beginning."""
    day = timedelta(days=1)
    opened = open_store(bare)
    for source in ("one", "two"):
        looks = [snapshot(T0 + n * day, source=source, dapps=n % 4 or None) for n in range(20)]
        opened.add(looks, {source: day})
    with opened.writing() as connection:
        before = connection.execute(select(schema.rollups_week)).all()
        connection.execute(text("ALTER TABLE sources DROP COLUMN counts"))
        connection.execute(text("ALTER TABLE answers DROP COLUMN wished_at"))
        for table in ("rollups_week", "alerts"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    opened.close()
    opened = open_store(bare)
    with opened.reading() as connection:
        after = connection.execute(select(schema.rollups_week)).all()
    opened.close()
    assert len(before) == 2 * 4
    assert sorted(after, key=repr) == sorted(before, key=repr)


@pytest.mark.parametrize("older", OLDER)
def test_an_older_schema_is_only_brought_up_by_writers(bare: str, older: str) -> None:
    """Who only reads leaves an older store as it is, and says who brings it up."""
    made_by(bare, older)
    before = shape(bare)
    with pytest.raises(StoreError, match=rf"has schema {older}, older than .*'masthead collect'"):
        open_store(bare, read_only=True)
    assert shape(bare) == before


def test_a_migration_that_fails_leaves_the_old_schema(bare: str) -> None:
    """A migration that meets an error half-way is undone whole; mended, it goes through."""
    made_by(bare, "0001")
    with through(bare).begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE listings (mine TEXT)"))
    before = shape(bare)
    with pytest.raises(StoreError, match=r"listings.* already exists"):
        open_store(bare)
    assert shape(bare) == before
    engine = connect(parse_url(bare))
    assert revision(engine) == "0001"
    engine.dispose()
    with through(bare).begin() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE listings"))
    opened = open_store(bare)
    assert opened.save(snapshot(dapps=1.0), HOUR) == "stored"
    opened.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_schema_is_refused(store: Store, read_only: bool) -> None:
    """A store that a newer Masthead made is left alone, and the message says what to do."""
    url = store.engine.url.shown
    change = "UPDATE alembic_version SET version_num = '{}'"
    with store.writing() as connection:
        connection.execute(text(change.format("9999")))
    try:
        with pytest.raises(StoreError, match=r"masthead.* has schema 9999, made by a newer"):
            open_store(url, read_only=read_only)
    finally:
        with store.writing() as connection:
            connection.execute(text(change.format(schema.REVISION)))


OPENS = """
import sys
from datetime import timedelta
from data.store import open_store
from tests.conftest import T0, snapshot
every = timedelta(minutes=1)
store = open_store(sys.argv[1])
print(store.save(snapshot(T0 + int(sys.argv[2]) * every, dapps=1.0), every))
store.close()
"""


@pytest.mark.parametrize("older", [None, OLDER[0]])
def test_several_processes_migrate_at_once(bare: str, older: str | None) -> None:
    """Of processes that find no schema, or an old one, one migrates (a second time would fail);
    the others wait, and none loses its snapshot.
    """
    if older is not None:
        made_by(bare, older)
    opening = [
        subprocess.Popen(
            [sys.executable, "-c", OPENS, bare, str(minute)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for minute in range(3)
    ]
    assert [one.communicate() for one in opening] == [("stored\n", "")] * 3
    store = open_store(bare)
    assert revision(store.engine) == schema.REVISION
    assert len(store.slots("dapp_expert", T0, T0.replace(hour=7))) == 3
    store.close()
