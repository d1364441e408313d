"""Opening a database: addresses, pragmas, locks, and errors that name the store."""

import gc
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from data import mounts
from data.engine import (
    anchored,
    connect,
    parse_url,
    reading,
    sqlite_url,
    writing,
)
from data.errors import MastheadError, StoreError, UsageError
from data.export import stream
from data.model import Headline, SeenHeadline
from data.mounts import shared_type
from data.news import news
from data.revisions import migrate
from data.statements import text
from data.store import Store, open_store
from data.tables import Query
from tests.conftest import HOUR, T0, database, snapshot
from tests.postgres import Server


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///masthead.db", "sqlite"),
        ("sqlite:////var/lib/masthead/masthead.db", "sqlite"),
        ("postgresql://collector@db/masthead", "postgresql"),
        ("postgres://collector@db/masthead", "postgresql"),
        ("postgresql+psycopg://a,b/masthead", "postgresql"),
    ],
)
def test_url(given: str, driver: str) -> None:
    """SQLite files and PostgreSQL, the latter always through psycopg 3."""
    assert parse_url(given).drivername == driver


@pytest.mark.parametrize("name", ["m.db", "50%25 a?b#c.db", "it's/é.db"])
def test_sqlite_url(name: str) -> None:
    """The address of a file is read back as that file, whatever its name."""
    assert parse_url(sqlite_url(Path("/a") / name)).database == f"/a/{name}"


def test_file_of_any_name(tmp_path: Path) -> None:
    """Its tables are made in that file, and news of it is heard; no other file is made."""
    path = tmp_path / "50% a?b" / "c#d.db"
    with closing(open_store(sqlite_url(path))) as store, closing(news(store)) as told:
        store.save(snapshot(dapps=1.0), HOUR)
        assert told.version() > 0
        assert store.snapshot("dapp_expert", T0) is not None
    assert [one.name for one in tmp_path.iterdir()] == ["50% a?b"]
    assert [one.name for one in path.parent.iterdir()] == ["c#d.db"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("sqlite:///m.db", "sqlite:////a/50%25/m.db"),
        ("sqlite:///b/m.db?timeout=3", "sqlite:////a/50%25/b/m.db?timeout=3"),
        ("sqlite:////m.db", "sqlite:////m.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://me:s3cret@db/m", "postgresql://me:s3cret@db/m"),
        ("nonsense", "nonsense"),
    ],
)
def test_anchored(given: str, expected: str) -> None:
    """A relative file is taken from the folder; every other address stays as it is."""
    assert anchored(given, Path("/a/50%")) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "not a database URL"),
        ("masthead.db", "not a database URL"),
        ("/var/lib/masthead.db", "not a database URL"),
        ("postgresql://db:port/masthead", "not a database URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://masthead.db", "names no file"),
        ("sqlite://var/masthead.db", "names no file"),
        ("mysql://root@db/masthead", "asks for mysql"),
        ("postgresql+asyncpg://db/masthead", r"asks for postgresql\+asyncpg"),
    ],
)
def test_bad_url(given: str, message: str) -> None:
    """What is no address of a store is refused in one sentence that names the setting."""
    with pytest.raises(UsageError, match=message) as caught:
        parse_url(given)
    assert "'database'" in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://me:s3cret@db/masthead",
        "postgresql://db/masthead?user=me&password=s3cret",
        "postgresql://me:p%40s3cret@db/masthead",
        "postgresql://m?e:s3cret@db/masthead",
        "postgresql://db/masthead?sslpassword=s3cret",
        "postgresql://db/masthead?pass%77ord=s3cret",
    ],
)
def test_password_is_never_shown(given: str) -> None:
    """The shown address has the host and not the password, wherever that stood."""
    shown = parse_url(given).shown
    assert "s3cret" not in shown
    assert "db/masthead" in shown


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://me:p@s3cret@db/masthead",
        "postgresql://me:p@/s3cret@db/masthead",
        "postgresql://me:s3cret/x@db/masthead",
        "postgresql://me:s3cret%zz@db/masthead",
        "host=db password=s3cret",
        "host=db password=s3cret options=a://b",
        "me:s3cret@db://masthead",
        "sqlite://me:s3cret@db/x",
        "sqlite:///x.db?password=s3cret",
    ],
)
def test_no_address_is_never_shown(given: str) -> None:
    """What cannot be used is not repeated: nobody can say where a password stands in it."""
    with pytest.raises(UsageError) as refused:
        parse_url(given)
    assert "s3cret" not in str(refused.value)


def test_password_is_not_in_errors() -> None:
    """An address that is refused or does not answer is reported without its password."""
    with pytest.raises(MastheadError) as refused:
        parse_url("mysql://me:s3cret@db/masthead")
    with pytest.raises(MastheadError) as unanswered:
        open_store("postgresql://me:s3cret@127.0.0.1:1/masthead?connect_timeout=1")
    assert isinstance(refused.value, UsageError)
    for caught in (refused, unanswered):
        assert "s3cret" not in str(caught.value)


def test_pragmas_are_in_force(file_store: Store) -> None:
    """Every connection writes ahead, syncs fully and waits; the file itself is in WAL."""
    for access in (file_store.reading, file_store.writing):
        with access() as connection:
            found = {
                name: connection.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
            }
        assert found == {
            "journal_mode": "wal",
            "synchronous": 2,
            "busy_timeout": 1_000,
            "foreign_keys": 1,
        }


def test_writes_begin_immediate(file_store: Store) -> None:
    """A write transaction holds the write lock before its first statement; a read does not."""
    other = sqlite3.connect(str(file_store.engine.url.database), timeout=0, isolation_level=None)
    with file_store.reading() as connection:
        connection.execute(text("SELECT count(*) FROM snapshots"))
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    with file_store.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


BRIEFLY = timedelta(milliseconds=20)


def test_locked_database(tmp_path: Path) -> None:
    """A store that another process holds for longer than the wait is an error that names it."""
    store = open_store(database(tmp_path), patience=BRIEFLY)
    other = sqlite3.connect(tmp_path / "masthead.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"masthead\.db did not answer: database is locked"):
        store.save(snapshot(dapps=1.0), HOUR)
    other.execute("ROLLBACK")
    other.close()
    assert store.snapshot("dapp_expert", T0) is None
    store.close()


def test_locked_before_it_is_opened(tmp_path: Path) -> None:
    """A file that another program holds while it is opened for the first time is named too."""
    other = sqlite3.connect(tmp_path / "masthead.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"masthead\.db did not answer: database is locked"):
        open_store(database(tmp_path), patience=BRIEFLY)
    other.close()


def test_reads_see_one_moment(store: Store) -> None:
    """What is written while a read goes on is not seen by it, and does not wait for it."""
    second = timedelta(seconds=1)
    store.save(snapshot(dapps=1.0), second)
    count = text("SELECT count(*) FROM snapshots")
    with store.reading() as connection:
        assert connection.scalar(count) == 1
        store.save(snapshot(T0 + second, dapps=1.0), second)
        assert connection.scalar(count) == 1
    with store.reading() as connection:
        assert connection.scalar(count) == 2


def test_server_with_habits_of_its_own(empty: Callable[[str], str], postgres: Server) -> None:
    """Whatever form of texts a database is set to, what is kept reads back and is exported."""
    url = empty("postgresql")
    for habit in (
        "datestyle = 'German, DMY'",
        "extra_float_digits = -15",
        "timezone = 'Asia/Tokyo'",
    ):
        postgres.execute(f"ALTER DATABASE {parse_url(url).database} SET {habit}")
    postgres.execute(f"ALTER DATABASE {parse_url(url).database} SET client_encoding = 'LATIN1'")
    with closing(open_store(url)) as store:
        one = snapshot(dapps=0.1 + 0.2, problems={"blockchains": "₿"})
        store.save(one, HOUR)
        assert store.snapshot(one.source, T0) == one
        line = b"".join(stream(store, Query(), "csv")).splitlines()[1]
    assert line.startswith(b"2026-01-31T06:00:00Z,2026-01-31T06:00:04Z,")
    assert b",0.30000000000000004," in line


def test_text_that_a_server_cannot_hold(empty: Callable[[str], str]) -> None:
    """It is the value that is refused: to wait for another server would be in vain."""
    story = SeenHeadline(Headline("a\0b"), "dapp_expert", T0, T0)
    with (
        closing(open_store(empty("postgresql"))) as store,
        pytest.raises(StoreError, match="NUL") as caught,
    ):
        store.add_headlines([story], {})
    assert caught.value.refused


def test_encoding_without_room(empty: Callable[[str], str], postgres: Server) -> None:
    """A database that cannot keep every text is refused before it loses any: it is no value's
    fault, so the snapshot waits.
    """
    url = empty("postgresql")
    name = parse_url(url).database
    postgres.execute(f"DROP DATABASE {name}")
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1'")
    with pytest.raises(StoreError, match=r"keeps texts in LATIN1.*UTF8") as caught:
        open_store(url)
    assert not caught.value.refused


def test_session_that_cannot_be_set_up(
    empty: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left of it; pytest fails for a session that nobody closed."""
    monkeypatch.setattr("data.postgres.SETUP", "SET no_such_thing = 1")
    with pytest.raises(StoreError, match="no_such_thing"):
        open_store(empty("postgresql"), read_only=True)
    gc.collect()


def test_failed_write_leaves_nothing(store: Store) -> None:
    """A write transaction that raises is undone whole."""

    def fail() -> None:
        with store.writing() as connection:
            connection.execute(
                text("INSERT INTO sources (source, every_ms, version) VALUES ('a', 1, 1)")
            )
            raise UsageError("stop")

    with pytest.raises(UsageError):
        fail()
    assert store.sources() == []


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where the store's folder should be is an error that names the folder."""
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StoreError, match="taken/below cannot be made"):
        open_store(f"sqlite:///{tmp_path}/taken/below/masthead.db")


def test_folder_in_place_of_the_file(tmp_path: Path) -> None:
    """A folder where the file should be is an error that names the store."""
    (tmp_path / "masthead.db").mkdir()
    with pytest.raises(StoreError, match=r"masthead\.db did not answer: unable to open"):
        open_store(database(tmp_path))


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of something else is an error that names it, and is left as it was."""
    file = tmp_path / "masthead.db"
    file.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    before = file.read_bytes()
    with pytest.raises(
        StoreError, match=r"masthead\.db is damaged, restore it .*: file is not a database"
    ):
        open_store(database(tmp_path))
    assert file.read_bytes() == before


def test_text_that_is_none(file_store: Store) -> None:
    """Bytes that no text has are damage, and said to be: a store that is away comes back."""
    file_store.add_headlines([SeenHeadline(Headline("A"), "dapp_expert", T0, T0)], {})
    with file_store.writing() as connection:
        connection.execute(text("UPDATE headlines SET title = CAST(x'ff41' AS TEXT)"))
    with pytest.raises(StoreError, match=r"is damaged, restore it .*: Could not decode to UTF-8"):
        file_store.headlines("dapp_expert", None, None, 9)


def test_store_without_schema(tmp_path: Path) -> None:
    """Reading where nobody has collected yet is an error that says so, and makes no file."""
    with pytest.raises(StoreError, match=r"masthead\.db has no Masthead schema yet: 'masthead"):
        open_store(database(tmp_path), read_only=True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "masthead.db").touch()
    with pytest.raises(StoreError, match="has no Masthead schema yet"):
        open_store(database(tmp_path), read_only=True)


def test_store_changed_under_a_reader(store: Store) -> None:
    """A table that is gone since the store was opened is an error that says what to do."""
    with store.writing() as connection:
        connection.execute(text("ALTER TABLE answers RENAME TO newer_answers"))
    try:
        with pytest.raises(StoreError, match=r"has other tables than .* start Masthead again"):
            store.answered("dapp_expert")
    finally:
        with store.writing() as connection:
            connection.execute(text("ALTER TABLE newer_answers RENAME TO answers"))


MOUNTS = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 8:255 / / rw,relatime shared:1 master:2 - ext4 /dev/sda rw,discard
28 27 {device} / /srv/a\\040folder rw,relatime - {kind} server:/export - rw,vers=4.2
"""


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("nfs4", "nfs4"),
        ("cifs", "cifs"),
        ("fuse.sshfs", "fuse.sshfs"),
        ("9p", "9p"),
        ("ext4", None),
        ("overlay", None),
        ("virtiofs", None),
        ("fuse.fuse-overlayfs", None),
    ],
)
def test_type_of_a_mount(tmp_path: Path, kind: str, found: str | None) -> None:
    """The table of mounts tells network and cluster file systems from local ones."""
    assert shared_type(tmp_path, _mounted(tmp_path, kind)) == found


def test_without_a_table_of_mounts(tmp_path: Path) -> None:
    """What no table says is taken for a local disk: a folder that is not there, another system."""
    assert shared_type(tmp_path, tmp_path / "nowhere") is None
    assert shared_type(tmp_path / "nowhere", _mounted(tmp_path, "nfs")) is None
    assert shared_type(tmp_path, _mounted(tmp_path, "nfs", device="0:0")) is None


def _mounted(folder: Path, kind: str, device: str | None = None) -> Path:
    """A table of mounts in which ``folder``'s file system is of ``kind``."""
    number = folder.stat().st_dev
    table = folder / "mountinfo"
    device = device or f"{os.major(number)}:{os.minor(number)}"
    table.write_text(MOUNTS.format(device=device, kind=kind))
    return table


@pytest.mark.parametrize("read_only", [False, True])
def test_network_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    """A file on a network file system is opened neither to write nor to read, also by a link."""
    open_store(database(tmp_path)).close()
    away = tmp_path / "link"
    away.symlink_to(tmp_path / "masthead.db")
    monkeypatch.setattr(mounts, "TABLE", _mounted(tmp_path, "nfs4"))
    with pytest.raises(StoreError, match=r"link lies on a network file system \(nfs4\): SQLite"):
        open_store(f"sqlite:///{away}", read_only=read_only)


def test_writing_through_the_functions(tmp_path: Path) -> None:
    """The plain functions do what the store does: migrate, write, read."""
    engine = connect(parse_url(database(tmp_path)))
    migrate(engine)
    with writing(engine) as connection:
        connection.execute(
            text("INSERT INTO sources (source, every_ms, version) VALUES ('a', 1, 1)")
        )
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT source FROM sources")) == "a"
    engine.dispose()


def test_a_place_that_cannot_be_looked_at() -> None:
    """What the system does not let us see is a store that is away, also for who only reads."""
    for read_only in (False, True):
        with pytest.raises(StoreError, match="cannot be reached: File name too long"):
            open_store(f"sqlite:////tmp/{'x' * 300}/m.db", read_only=read_only)


def test_a_damaged_file_is_called_so(tmp_path: Path) -> None:
    """Not only that it did not answer: what to do is said as well."""
    (tmp_path / "m.db").write_bytes(b"no SQLite file" * 1_000)
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"is damaged, restore it from a backup \(docs"):
            open_store(f"sqlite:///{tmp_path}/m.db", read_only=read_only)


SCHEMA = "UPDATE sqlite_schema SET sql = replace(sql, 'metrics {}', 'metrics {}') WHERE name = ?"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            (
                "PRAGMA writable_schema = ON",
                SCHEMA.format("TEXT", "INT").replace("?", "'sources'"),
                "PRAGMA writable_schema = RESET",
                "UPDATE sources SET metrics = 5",
                "PRAGMA writable_schema = ON",
                SCHEMA.format("INT", "TEXT").replace("?", "'sources'"),
            ),
            "NUMERIC value in sources.metrics.",
        ),
        (("UPDATE snapshots SET taken_at = 'x'",), "a time is none."),
        (("UPDATE snapshots SET taken_at = 1 << 62",), "a time is none."),
    ],
)
def test_values_that_nobody_wrote(file_store: Store, damage: Sequence[str], said: str) -> None:
    """A file whose pages look right and whose values are of another kind is damaged, too."""
    file_store.save(snapshot(dapps=1.0), HOUR)
    file_store.close()
    with closing(sqlite3.connect(str(file_store.engine.url.database))) as raw, raw:
        for statement in damage:
            raw.execute(statement)
    with pytest.raises(StoreError, match=rf"is damaged, restore it .*: {said}$"):
        file_store.source("dapp_expert") and file_store.latest("dapp_expert")


def test_a_bug_stays_one(file_store: Store) -> None:
    """What goes wrong over a sound file is not the file's."""
    with pytest.raises(TypeError), file_store.reading():
        len(5)  # type: ignore[arg-type]


def test_one_that_only_looks_writes_nothing(tmp_path: Path) -> None:
    """A file opened to be read refuses a write, whoever asks for one."""
    open_store(database(tmp_path)).close()
    reader = open_store(database(tmp_path), read_only=True)
    with pytest.raises(StoreError, match="attempt to write a readonly database"):
        reader.save(snapshot(), HOUR)
    assert reader.sources() == []
    reader.close()
