"""Whose schema a database has: those of other programs are left as they are."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from data.backup import backup
from data.engine import connect, parse_url
from data.errors import StoreError
from data.store import Store, open_store
from tests.postgres import Server


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A SQLite file of another program."""
    path = tmp_path / "music.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE songs (name TEXT)")
    return path


def test_file_of_another_program(foreign: Path) -> None:
    """It is refused by its table's name before a byte of it is changed."""
    before = foreign.read_bytes()
    with pytest.raises(StoreError, match="table 'songs' of another program"):
        open_store(f"sqlite:///{foreign}")
    assert foreign.read_bytes() == before
    assert [one.name for one in foreign.parent.iterdir()] == [foreign.name]


def test_backup_of_another_program(foreign: Path) -> None:
    """What holds nothing of Masthead's is no history that could be restored."""
    place = foreign.with_name("copy.db")
    with (
        closing(Store(connect(parse_url(f"sqlite:///{foreign}"), read_only=True))) as store,
        pytest.raises(StoreError, match="nothing of Masthead's"),
    ):
        backup(store, place, lambda _done, _whole: None)
    assert not place.exists()


def test_database_of_another_program(empty: Callable[[str], str], postgres: Server) -> None:
    """A server's database may hold other tables beside Masthead's, but none of the same names."""
    url = empty("postgresql")
    name = parse_url(url).database or ""
    postgres.execute("CREATE TABLE songs (name TEXT); CREATE TABLE runs (name TEXT)", name)
    with pytest.raises(StoreError, match="table 'runs' of another program"):
        open_store(url)
    postgres.execute("DROP TABLE runs", name)
    open_store(url).close()
