"""The schema: what migrations make is what the tables say, and a newer one is refused."""

from pathlib import Path
from typing import Any, Final

from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

import data.migrations
from data import schema
from data.revisions import revision
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
