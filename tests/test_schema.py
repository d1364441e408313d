"""The schema: what migrations make is what the tables say, and a newer one is refused."""

from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import data.migrations
from data import schema
from data.engine import revision
from data.errors import StoreError
from data.store import Store, open_store
from tests.conftest import HOUR, T0, database, snapshot


def test_migrated_equals_metadata(store: Store) -> None:
    """A migrated file has exactly the tables, columns, keys and indexes of the metadata."""
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_indexes_and_keys(store: Store) -> None:
    """Primary keys and indexes, which a comparison may pass over, are the same in the file."""
    with store.reading() as connection:
        found = inspect(connection)
        for table in schema.metadata.sorted_tables:
            key = found.get_pk_constraint(table.name)["constrained_columns"]
            assert key == [column.name for column in table.primary_key.columns]
            indexes = {
                index["name"]: index["column_names"] for index in found.get_indexes(table.name)
            }
            assert indexes == {
                index.name: [column.name for column in index.columns] for index in table.indexes
            }
            wanted = [column.nullable for column in table.columns]
            assert [column["nullable"] for column in found.get_columns(table.name)] == wanted


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
