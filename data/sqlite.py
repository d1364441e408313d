"""SQLite: a file's address, and transactions on connections that are used again."""

import errno
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from data import private
from data.clock import stopwatch
from data.connection import Connection
from data.errors import StoreError
from data.idle import Idle
from data.mounts import shared_type

_URL: Final = re.compile(r"sqlite://(?P<host>[^/?]*)(?:/(?P<path>[^?]*))?(?P<options>\?.*)?")
LOG_BYTES: Final = 4 << 20
"""How large the log beside the file stays after what it held is in the file."""
PRAGMAS: Final = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "cell_size_check=ON",
    f"journal_size_limit={LOG_BYTES}",
)
"""What each connection begins with; the third notices a damaged page before it is written on."""
READS_ONLY: Final = "query_only=ON"
"""What one that only looks begins with, too."""
SLICE: Final = timedelta(seconds=1)
"""How long SQLite waits within a transaction for a file that is held for a moment."""
TURN: Final = timedelta(milliseconds=20)
"""How long SQLite waits for its turn before it looks whether to go on waiting. It looks after 1, 2,
5, 10 ms and then ever more seldom, while others that come later take their turn.
"""
COPIED: Final = 1_000
"""Pages of a file that are copied at once: between them a signal is heard."""
UNWRITABLE: Final = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
)
"""SQLite's errors, by their first byte, that are about the file that a copy goes into."""


@dataclass(frozen=True, slots=True)
class File:
    """The address of a SQLite file: its path, as it is."""

    database: str
    options: str = ""
    """What the URL says after its path, from the question mark on."""
    drivername: str = "sqlite"
    has_password: bool = False

    @property
    def text(self) -> str:
        """The address as a URL; what a URL would take for its own is escaped."""
        return "sqlite:///" + quote(self.database, safe=" +/") + self.options

    @property
    def shown(self) -> str:
        """The address as it may be shown: it has no secret."""
        return self.text


def parse(database: str) -> File | None:
    """The file that a database URL names; None for the address of anything else."""
    match = _URL.fullmatch(database)
    path = unquote(match["path"] or "") if match else ""
    if match is None or match["host"] or not path or path == ":memory:":
        return None
    return File(path, match["options"] or "")


class SqliteEngine:
    """Transactions on a SQLite file; its connections wait for their turn and sync fully.

    A transaction that reads and then writes would fail with "database is locked" as soon as
    another writer came between; ``BEGIN IMMEDIATE`` takes its turn instead.
    """

    def __init__(
        self, url: File, patience: timedelta, stop: threading.Event, writes: bool = True
    ) -> None:
        self.url = url
        self.patience = patience
        self._stop = stop
        self._connections = Idle(partial(opened, url, patience, writes))

    @property
    def busy(self) -> int:
        """How many transactions are under way."""
        return self._connections.busy

    @contextmanager
    def begin(self, writes: bool) -> Iterator[Connection]:
        """A transaction: committed when it ends, undone when it raises."""
        begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        with self._connections.use(lambda raw: self._in_turn(raw, begin)) as raw:
            try:
                yield Connection(raw, "sqlite")
                raw.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    raw.rollback()
                raise

    def dispose(self) -> None:
        """Close the connections that nobody uses."""
        self._connections.close()

    def is_there(self) -> bool:
        """Whether there is such a file. Raises StoreError where nobody lets us see."""
        try:
            return Path(self.url.database).exists()
        except OSError as error:
            raise StoreError(
                f"The store {self.url.shown} cannot be reached: {error.strerror}."
            ) from error

    def prepare_file(self) -> None:
        """Make the file's folder, and let the file be read while it is written."""
        path = Path(self.url.database)
        try:
            private.make_folder(path.parent)
        except OSError as error:
            raise StoreError(
                f"The store's folder {path.parent} cannot be made: {error.strerror}."
            ) from error
        self.refuse_network()
        with self._connections.use(lambda raw: self._in_turn(raw, "PRAGMA journal_mode=WAL")):
            pass

    def refuse_network(self) -> None:
        """Raise StoreError where the file lies on a network file system.

        Readers and writers meet in a memory that they share, which hosts do not.
        """
        kind = shared_type(Path(os.path.realpath(self.url.database)).parent)
        if kind is not None:
            raise StoreError(
                f"The store {self.url.shown} lies on a network file system ({kind}): SQLite's WAL "
                "needs a local disk; use PostgreSQL or a local path."
            )

    def _in_turn(self, raw: sqlite3.Connection, statement: str) -> None:
        """Execute it when the others let us, within our patience and until we are told to stop.

        SQLite itself waits in slices, for it hears no signal while it waits.
        """
        _wait_at_most(raw, min(self.patience, TURN))
        latest = stopwatch() + self.patience.total_seconds()
        while True:
            try:
                raw.execute(statement)
                break
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or self._stop.is_set() or stopwatch() >= latest:
                    raise
        _wait_at_most(raw, min(self.patience, SLICE))


def opened(url: File, patience: timedelta, makes: bool) -> sqlite3.Connection:
    """A connection outside any transaction, also for another thread than this.

    Only where ``makes`` says so, a file that is not there is made, and what is there is written to.
    """
    wait_s = min(patience, SLICE).total_seconds()
    path = os.path.abspath(url.database)  # noqa: PTH100 - a link stays one
    if makes:
        # SQLite gives its log and index the rights of the file. What cannot be made it says itself.
        with suppress(OSError):
            private.make_file(os.path.realpath(path))
    raw = sqlite3.connect(
        path if makes else f"file://{quote(path)}?mode=rw",
        timeout=wait_s,
        isolation_level=None,
        check_same_thread=False,
        uri=not makes,
    )
    try:
        for pragma in PRAGMAS if makes else (*PRAGMAS, READS_ONLY):
            raw.execute(f"PRAGMA {pragma}")
    except BaseException:
        raw.close()
        raise
    return raw


def copy_into(
    raw: sqlite3.Connection, place: Path, advance: Callable[[int, int], None]
) -> list[str]:
    """Copy the file as this transaction sees it into an empty one; what is wrong with the copy.

    The transaction holds the moment, so that no writer makes the copying begin anew. Raises OSError
    where the copy cannot be written, else SQLite's errors.
    """
    raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    copy = sqlite3.connect(place, isolation_level=None)
    try:
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=OFF", "synchronous=OFF"):
            copy.execute(f"PRAGMA {pragma}").fetchone()
        raw.backup(
            copy,
            pages=COPIED,
            sleep=0,
            progress=lambda _, left, whole: advance(whole - left, whole),
        )
        # One file, whole in itself: the store makes it write ahead again where it is put in place.
        copy.execute("PRAGMA journal_mode=DELETE").fetchone()
        found = faults(copy)
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode
        if code & 0xFF in UNWRITABLE or code == sqlite3.SQLITE_IOERR_WRITE:
            raise OSError(errno.EIO, str(error)) from error
        raise
    finally:
        copy.close()
    return found


def faults(raw: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with a file that it reads whole: the first of it, or nothing."""
    rows = raw.execute("PRAGMA integrity_check(1)")
    # The first line of several only says in which database.
    found = [row[0].splitlines()[-1].rstrip(".") for row in rows]
    return [] if found == ["ok"] else found


def fault(file: File) -> str | None:
    """What is wrong with a file, read whole by a connection of its own; None where nothing is."""
    try:
        with closing(opened(file, SLICE, makes=False)) as raw:
            return next(iter(faults(raw)), None)
    except sqlite3.Error as error:
        return str(error) if is_damage(error) else None


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is not what SQLite wrote."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _wait_at_most(raw: sqlite3.Connection, patience: timedelta) -> None:
    raw.execute(f"PRAGMA busy_timeout={patience // timedelta(milliseconds=1)}")
