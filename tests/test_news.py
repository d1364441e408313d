"""News: what is committed elsewhere is heard, nothing else is, and a store away is told of."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data import journal
from data.errors import StoreError
from data.listener import Listener
from data.model import Run
from data.news import AGAIN_S, DEAF_S, HEARING_S, News, ServerNews, news
from data.postgres import PostgresEngine
from data.rows import run_row
from data.schema import runs, sources
from data.statements import insert, select
from data.store import Store, open_store
from tests.conftest import HOUR, T0, database, snapshot
from tests.postgres import Server, place, programs
from tests.waiting import until

WAIT_S = 20.0
RUN = Run("dapp_expert", T0, T0, host="here")


@pytest.fixture
def reader(url: str, store: Store) -> Iterator[Store]:
    """Another opening of the store, as a dashboard has it."""
    opened = open_store(url, read_only=True)
    yield opened
    opened.close()


@pytest.fixture
def told(reader: Store) -> Iterator[News]:
    """News of the store, asked for once."""
    of_reader = news(reader)
    of_reader.version()
    yield of_reader
    of_reader.close()


def comes(told: News, change: Callable[[], object]) -> None:
    """After ``change`` there is news."""
    before = told.version()
    change()
    until(lambda: told.version() != before, WAIT_S)


def test_whatever_is_written(store: Store, told: News) -> None:
    """A snapshot, a run that begins, its end, and a source that is removed."""
    comes(told, lambda: store.save(snapshot(dapps=1.0), HOUR))
    comes(told, lambda: journal.start(store, RUN))
    comes(told, lambda: journal.finish(store, 1, RUN))
    comes(told, lambda: store.remove("dapp_expert"))


def test_another_process(url: str, told: News) -> None:
    """What writes somewhere else is heard too."""
    script = (
        "import sys; from data.store import open_store; from tests.conftest import HOUR, snapshot;"
        "open_store(sys.argv[1]).save(snapshot(dapps=1.0), HOUR)"
    )
    command = [sys.executable, "-c", script, url]
    comes(told, lambda: subprocess.run(command, check=True))


def test_silence(store: Store, reader: Store, told: News) -> None:
    """Reading, and a write that was undone, are no news."""
    before = told.version()
    assert reader.sources() == []
    twice = insert(runs).values([run_row(RUN)] * 2)
    with pytest.raises(StoreError), store.writing() as connection:
        connection.execute(twice)
    assert {told.version() for _ in range(100)} == {before}
    comes(told, lambda: store.save(snapshot(dapps=1.0), HOUR))


def test_two_hear_the_same(store: Store, reader: Store, told: News) -> None:
    """Each that listens to a store hears of it, whoever heard before."""
    other = news(reader)
    other.version()
    before = other.version()
    comes(told, lambda: store.save(snapshot(dapps=1.0), HOUR))
    until(lambda: other.version() != before, WAIT_S)
    other.close()


def test_a_file_that_is_gone(file_store: Store, tmp_path: Path) -> None:
    """A missing file is said to be, is not made by asking, and is news when it is there."""
    path = tmp_path / "masthead.db"
    reader = open_store(database(tmp_path), read_only=True)
    told = news(reader)
    before = told.version()
    path.rename(tmp_path / "elsewhere.db")
    for _ in range(2):
        with pytest.raises(StoreError, match=r"masthead\.db did not answer: No such file"):
            told.version()
    assert not path.exists()
    (tmp_path / "elsewhere.db").rename(path)
    assert told.version() != before
    told.close()
    reader.close()


def replace(tmp_path: Path) -> None:
    """Put a store that has one other source in the place of the one in this folder."""
    (tmp_path / "other").mkdir()
    other = open_store(database(tmp_path / "other"))
    other.save(snapshot(source="another", dapps=1.0), HOUR)
    other.close()
    for name in ("masthead.db-wal", "masthead.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "other" / "masthead.db").replace(tmp_path / "masthead.db")


def test_a_file_in_the_place_of_another(file_store: Store, tmp_path: Path) -> None:
    """A file that was replaced is news; what begins from then on reads the new one."""
    file_store.save(snapshot(dapps=1.0), HOUR)
    file_store.close()
    reader = open_store(database(tmp_path), read_only=True)
    told = news(reader)
    before = told.version()
    assert [info.source for info in reader.sources()] == ["dapp_expert"]
    known = select(sources.c.source)
    with reader.reading() as under_way:
        assert under_way.scalar(known) == "dapp_expert"
        replace(tmp_path)
        assert told.version() != before
        assert under_way.scalar(known) == "dapp_expert"
    assert [info.source for info in reader.sources()] == ["another"]
    told.close()
    reader.close()


def test_not_a_database(file_store: Store, tmp_path: Path) -> None:
    """A file that has become something else is a store that does not answer."""
    file_store.close()
    told = news(file_store)
    (tmp_path / "masthead.db").write_bytes(b"something else" * 1_000)
    with pytest.raises(StoreError, match="not a database"):
        told.version()


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that may be stopped."""
    with programs() as (bin_, folder):
        started = Server(bin_, place(folder / "own"))
        started.create()
        started.start()
        yield started
        started.stop("immediate")


class Told:
    """News of a server with a clock that stands still until it is moved."""

    def __init__(self, url: str) -> None:
        self.now = 0.0
        self.reader = open_store(url, read_only=True)
        assert isinstance(self.reader.engine, PostgresEngine)
        self.listener = Listener(self.reader.engine.url)
        self.news = ServerNews(self.reader, self.listener, lambda: self.now)

    def later(self, seconds: float) -> int:
        """What is new after so many seconds."""
        self.now += seconds
        return self.news.version()

    def listens(self) -> bool:
        """Whether it will hear."""
        return self.listener.listens

    def is_away(self) -> bool:
        """Whether the server is said to be away."""
        try:
            self.news.version()
        except StoreError:
            return True
        return False

    def close(self) -> None:
        """Give the connections back."""
        self.news.close()
        self.reader.close()


@pytest.fixture(scope="module")
def writer(own_server: Server) -> Iterator[Store]:
    """What writes to that server."""
    opened = open_store(own_server.url())
    yield opened
    opened.close()


@pytest.fixture
def clocked(writer: Store, own_server: Server) -> Iterator[Told]:
    """News of that server, asked for once."""
    writer.remove("dapp_expert")
    opened = Told(own_server.url())
    opened.news.version()
    yield opened
    opened.close()


def test_it_is_heard_without_asking(writer: Store, clocked: Told) -> None:
    """No time passes, nothing is asked, and yet it is known."""
    assert clocked.listens()
    comes(clocked.news, lambda: writer.save(snapshot(dapps=1.0), HOUR))


def test_a_listener_that_was_cut_off(own_server: Server, writer: Store, clocked: Told) -> None:
    """Everything may have changed meanwhile; it listens again."""
    ending = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN masthead'"
    )
    comes(clocked.news, lambda: own_server.execute(ending))
    assert clocked.listens()
    comes(clocked.news, lambda: writer.save(snapshot(dapps=1.0), HOUR))


def test_a_server_that_tells_nothing(writer: Store, clocked: Told) -> None:
    """Where nobody can listen it is asked once in a while, and only then."""
    clocked.listener.close()
    before = clocked.news.version()
    writer.save(snapshot(dapps=1.0), HOUR)
    assert clocked.later(HEARING_S / 2) == before
    after = clocked.later(HEARING_S)
    assert after != before
    writer.save(snapshot(T0 + HOUR, dapps=1.0), HOUR)
    assert clocked.later(DEAF_S / 2) == after
    assert clocked.later(DEAF_S) != after
    assert not clocked.listens()
    clocked.later(AGAIN_S)
    assert clocked.listens()


def test_a_server_that_is_away(own_server: Server, writer: Store, clocked: Told) -> None:
    """It is noticed, said to everyone until it is back, and then everything may be new."""
    before = clocked.news.version()
    own_server.stop()
    until(clocked.is_away, WAIT_S)
    own_server.start()
    with pytest.raises(StoreError, match="did not answer"):
        clocked.later(DEAF_S / 2)
    assert clocked.later(DEAF_S) != before
    clocked.later(AGAIN_S)
    comes(clocked.news, lambda: writer.save(snapshot(dapps=1.0), HOUR))


def test_a_standby(own_server: Server, writer: Store) -> None:
    """A server in recovery lets nobody listen: it is asked; promoted, it is listened to."""
    writer.save(snapshot(dapps=1.0), HOUR)
    own_server.stop()
    (own_server.folder / "data" / "standby.signal").touch()
    own_server.start()
    standby = Told(own_server.url())
    before = standby.news.version()
    assert not standby.listens()
    assert standby.later(DEAF_S) == before
    own_server.program("pg_ctl", "promote", "-D", f"{own_server.folder}/data", "-s")
    standby.later(AGAIN_S)
    assert standby.listens()
    comes(standby.news, lambda: writer.remove("dapp_expert"))
    standby.close()
