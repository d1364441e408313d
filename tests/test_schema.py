"""The schema: what migrations make is what the tables say, and a newer one is refused."""

from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

import data.migrations
from data import schema
from data.engine import revision
from data.errors import StoreError
from data.statements import text
from data.store import Store, open_store
from tests.conftest import HOUR, T0, database, snapshot

KINDS: Final = {
    "bigint": "integer",
    "bytea": "blob",
    "double_precision": "double",
    "timestamp": "instant",
}
"""What the databases call a kind of column where they have another name for it."""


def test_migrated_equals_schema(store: Store) -> None:
    """A migrated store has exactly the tables, columns, keys and indexes that the code expects."""
    url = store.engine.url.shown.replace("postgresql:", "postgresql+psycopg:")
    found = inspect(create_engine(url, poolclass=NullPool))
    names = {table.name for table in schema.TABLES} | {"alembic_version"}
    assert set(found.get_table_names()) == names
    instant = "integer" if url.startswith("sqlite") else "instant"
    for table in schema.TABLES:
        key = found.get_pk_constraint(table.name)["constrained_columns"]
        assert key == [column.name for column in table.key]
        told = [
            (column["name"], column["nullable"], column["type"].__visit_name__.lower())
            for column in found.get_columns(table.name)
        ]
        assert [(name, nullable) for name, nullable, _ in told] == [
            (column.name, column.nullable) for column in table.columns
        ]
        assert [KINDS.get(kind, kind) for _, _, kind in told] == [
            instant if column.kind == "instant" else column.kind for column in table.columns
        ]
        constraints = [one | {"unique": True} for one in found.get_unique_constraints(table.name)]
        indexes: set[tuple[Any, ...]] = {
            (one["name"], tuple(one["column_names"]), bool(one["unique"]))
            for one in (*map(dict[str, Any], found.get_indexes(table.name)), *constraints)
            if not one.get("duplicates_constraint")
        }
        assert indexes == {(one.name, one.columns, one.unique) for one in table.indexes}


def test_revision_is_the_newest_file() -> None:
    """REVISION names the one head of the migrations."""
    folder = Path(next(iter(data.migrations.__path__)))
    assert ScriptDirectory(str(folder)).get_heads() == [schema.REVISION]


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    """Opening a store again keeps its schema and what is in it."""
    url = database(tmp_path)
    first = open_store(url)
    first.save(snapshot(dapps=1.0), HOUR)
    first.close()
    second = open_store(url)
    assert revision(second.engine) == schema.REVISION
    assert second.snapshot("dapp_expert", T0) is not None
    with second.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
            (schema.REVISION,)
        ]
    second.close()


def test_an_older_store_keeps_every_row(tmp_path: Path) -> None:
    """Rows of the first schema, in each of its tables, are there after the migration."""
    engine = create_engine(database(tmp_path), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", next(iter(data.migrations.__path__)))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    found = inspect(engine)
    before = {}
    with engine.begin() as connection:
        for table in set(found.get_table_names()) - {"alembic_version"}:
            columns = {one["name"]: _any(str(one["type"])) for one in found.get_columns(table)}
            marks = ", ".join("?" * len(columns))
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
                tuple(columns.values()),
            )
            before[table] = columns
    assert {"snapshots", "headlines", "runs", "pages", "sources"} <= set(before)
    open_store(database(tmp_path)).close()
    with engine.connect() as connection:
        for table, columns in before.items():
            query = f"SELECT {', '.join(columns)} FROM {table}"
            assert connection.exec_driver_sql(query).all() == [tuple(columns.values())]


def _any(kind: str) -> Any:
    """A value that a column of the kind holds."""
    return {"TEXT": "x", "BLOB": b"x", "FLOAT": 1.5}.get(kind, 1)


def test_newer_schema_is_refused(tmp_path: Path) -> None:
    """A store that a newer Masthead made is left alone, and the message says what to do."""
    url = database(tmp_path)
    made = open_store(url)
    with made.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    made.close()
    with pytest.raises(StoreError, match=r"masthead\.db has schema 9999, made by a newer"):
        open_store(url)


def _open_and_save(url: str, minute: int) -> str:
    store = open_store(url)
    every = timedelta(minutes=1)
    saved = store.save(snapshot(T0 + minute * every, dapps=1.0), every)
    store.close()
    return saved


def test_several_processes_migrate_at_once(tmp_path: Path) -> None:
    """Processes that find no file all get a migrated store, and none loses its snapshot."""
    url = database(tmp_path / "new folder")
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        saved = list(pool.map(_open_and_save, [url] * 8, range(8)))
    assert saved == ["stored"] * 8
    store = open_store(url)
    assert len(store.slots("dapp_expert", T0, T0.replace(hour=7))) == 8
    store.close()
