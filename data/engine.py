"""Opening a database: its address, transactions, and errors that name the store."""

import re
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

from data import sqlite
from data.connection import Connection
from data.errors import StoreError, UsageError
from data.harmless import is_text
from data.schema import REVISION
from data.sql import MisreadError
from data.sqlite import File, SqliteEngine

PATIENCE: Final = timedelta(seconds=30)
"""How long a writer waits for its turn."""
SILENCE: Final = timedelta(minutes=10)
"""How long a PostgreSQL server may leave a statement unanswered: it may have much to do."""
_ATTEMPT: Final = re.compile(r"^- host: '(.*?)', port: '(.*?)', .*?: (?:.* failed: )?(.*)$", re.M)
"""What psycopg says of each of several servers, none of which could be used."""
REFUSALS: Final = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)
"""SQLite's errors that are about values, not about the store."""
REFUSED_STATES: Final = ("22", "23", "54", "42804", "42883", "none")
"""The same of PostgreSQL: how their SQLSTATEs begin; what psycopg itself refuses has none."""
UNDECODED: Final = "Could not decode to UTF-8"
"""How Python begins its word for a text of a SQLite file that is none; it has no code."""
MISREADS: Final = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What taking a row's values for what they should be can raise."""
UNKNOWN_NAMES: Final = ("42P01", "42703")
"""PostgreSQL's SQLSTATEs for a table and for a column that is not there."""


class Address(Protocol):
    """Where a database is."""

    @property
    def drivername(self) -> str:
        """What speaks to it: ``sqlite`` or ``postgresql``."""

    @property
    def database(self) -> str | None:
        """The file, or the database's name on its server."""

    @property
    def shown(self) -> str:
        """The address without its password."""

    @property
    def has_password(self) -> bool:
        """Whether it says a password."""


class Engine(Protocol):
    """What gives transactions on one database."""

    @property
    def url(self) -> Address:
        """The database's address."""

    @property
    def patience(self) -> timedelta:
        """How long a writer waits for its turn."""

    @property
    def busy(self) -> int:
        """How many transactions are under way."""

    def begin(self, writes: bool) -> AbstractContextManager[Connection]:
        """A transaction: committed when it ends, undone when it raises."""

    def dispose(self) -> None:
        """Close the connections that nobody uses."""


def parse_url(database: str, setting: str = "database") -> Address:
    """The address that ``setting`` gives; ``postgresql://`` means psycopg 3. Raises UsageError."""
    if not is_text(database):
        raise UsageError(f"The setting {setting!r} is not in UTF-8.")
    file = sqlite.parse(database)
    if file is not None and file.options:
        raise UsageError(
            f"The setting {setting!r} says something behind its file and a question mark: "
            "SQLite takes no options."
        )
    if file is not None:
        return file
    if database.startswith("sqlite:"):
        raise UsageError(f"The setting {setting!r} names no file: write sqlite:///masthead.db.")
    from data import postgres

    return postgres.parse_url(database, setting)


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file; what a URL would take for its own is escaped."""
    return File(str(path)).text


def anchored(database: str, folder: Path) -> str:
    """The address with a relative SQLite path taken from ``folder``; any other as it is."""
    file = sqlite.parse(database)
    if file is None or Path(file.database).is_absolute():
        return database
    return replace(file, database=str((folder / file.database).absolute())).text


def connect(
    url: Address,
    patience: timedelta = PATIENCE,
    stop: threading.Event | None = None,
    read_only: bool = False,
    silence: timedelta = SILENCE,
) -> Engine:
    """An engine whose writers take turns, and whose commits are on disk.

    Setting ``stop`` ends the waiting for a turn. Of several PostgreSQL servers, one that can be
    written to is taken, unless ``read_only``; one that lets a statement wait for longer than
    ``silence`` is given up.
    """
    stop = stop or threading.Event()
    if isinstance(url, File):
        return SqliteEngine(url, patience, stop, writes=not read_only)
    from data import postgres

    assert isinstance(url, postgres.Server)  # noqa: S101 - there are two kinds of address
    return postgres.PostgresEngine(url, patience, silence, stop, writes=not read_only)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read transaction: one consistent view. Raises StoreError."""
    with named_errors(engine), engine.begin(writes=False) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A write transaction: all or nothing, on disk when it ends. Raises StoreError."""
    with named_errors(engine), engine.begin(writes=True) as connection:
        yield connection


@contextmanager
def named_errors(engine: Engine) -> Iterator[None]:
    """What a database raises, as a StoreError that names the store."""
    try:
        yield
    except _database_errors() as error:
        said = _reason(error)
        if _names_no_table(error):
            raise StoreError(
                f"The store {engine.url.shown} has other tables than this Masthead "
                f"(schema {REVISION}) looks for: start Masthead again, in the newest version that "
                f"writes there. It said: {said}"
            ) from error
        if isinstance(error, sqlite3.Error) and (
            sqlite.is_damage(error) or said.startswith(UNDECODED)
        ):
            raise damaged(engine, said) from error
        refused = _refuses(error)
        # A damaged file refuses what a sound one would take: that must wait for the backup.
        if refused and (fault := _fault(engine, error)):
            raise damaged(engine, f"{fault}.") from error
        raise StoreError(
            f"The store {engine.url.shown} did not answer: {said}", refused=refused
        ) from error
    except MISREADS as error:
        # What no row of Masthead's can raise is a bug here, unless the file is not what it was.
        if fault := _fault(engine, error):
            raise damaged(engine, f"{fault}.") from error
        raise


def _fault(engine: Engine, error: Exception) -> str | None:
    if isinstance(error, MisreadError):
        return str(error)
    return sqlite.fault(engine.url) if isinstance(engine, SqliteEngine) else None


def damaged(engine: Engine, said: str) -> StoreError:
    """What to say of a store that is there and is not what was written; ``said``: a sentence."""
    return StoreError(
        f"The store {engine.url.shown} is damaged, restore it from a backup "
        f"(docs/reliability.md tells how): {said}"
    )


def _database_errors() -> tuple[type[Exception], ...]:
    """The base errors of the database libraries that are loaded; the others raised nothing."""
    names = (("psycopg", "Error"), ("sqlalchemy.exc", "SQLAlchemyError"))
    loaded = [(sys.modules[name], error) for name, error in names if name in sys.modules]
    return (sqlite3.Error, *(getattr(module, error) for module, error in loaded))


def _refuses(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        return isinstance(error, REFUSALS)
    names = {one.__name__ for one in type(error).__mro__}
    by_driver = names & {"ProgrammingError", "DataError"}
    state = getattr(error, "sqlstate", "") or ("none" if by_driver else "")
    return state.startswith(REFUSED_STATES)


def _names_no_table(error: Exception) -> bool:
    """Whether a table or a column was not found: the schema is another since it was checked."""
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith(("no such table", "no such column"))
    return getattr(error, "sqlstate", None) in UNKNOWN_NAMES


def _reason(error: Exception) -> str:
    """What happened; of several servers, what happened at each."""
    said = str(getattr(error, "orig", None) or error).strip()
    attempts = [f"{host}:{port}: {why}" for host, port, why in _ATTEMPT.findall(said)]
    first = "; ".join(dict.fromkeys(attempts)) or next(iter(said.splitlines()), "")
    return first.rstrip(".") + "." if first else "?"
