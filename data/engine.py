"""Opening a database: pragmas, write transactions, and the schema it must have."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from data.errors import StoreError, UsageError
from data.schema import REVISION

PATIENCE: Final = timedelta(seconds=30)
"""How long a writer waits for its turn."""
WRITE_LOCK: Final = 0x6D617374
"""The number of PostgreSQL's advisory lock that a writer holds: 'mast' in ASCII."""


def parse_url(database: str) -> URL:
    """The database's address; ``postgresql://`` means psycopg 3. Raises UsageError."""
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):
        raise UsageError(
            "The setting 'database' is not a database URL: "
            "write sqlite:////absolute/path.db or postgresql://user@host/name."
        ) from None
    if url.drivername == "sqlite":
        if url.host or not url.database or url.database == ":memory:":
            raise UsageError("The setting 'database' names no file: write sqlite:///masthead.db.")
        return url
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise UsageError(
        f"The setting 'database' asks for {url.drivername}: Masthead keeps its history in "
        "sqlite:/// or postgresql://."
    )


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file; what a URL would take for its own is escaped."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def anchored(database: str, folder: Path) -> str:
    """The address with a relative SQLite path taken from ``folder``; any other as it is."""
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):
        return database
    if url.drivername != "sqlite" or url.host or url.database in (None, "", ":memory:"):
        return database
    path = Path(str(url.database))
    if path.is_absolute():
        return database
    return url.set(database=str((folder / path).absolute())).render_as_string(hide_password=False)


def connect(url: URL, patience: timedelta = PATIENCE) -> Engine:
    """An engine whose writers take turns, and whose SQLite connections wait and sync fully.

    A transaction that reads and then writes would fail with "database is locked" as soon as
    another writer came between; ``BEGIN IMMEDIATE`` takes its turn instead.
    """
    return _sqlite(url, patience) if url.drivername == "sqlite" else _postgresql(url, patience)


def _sqlite(url: URL, patience: timedelta) -> Engine:
    wait_s = patience.total_seconds()
    engine = create_engine(url, connect_args={"timeout": wait_s})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("synchronous=FULL", f"busy_timeout={wait_s * 1000:.0f}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")

    return engine


def _postgresql(url: URL, patience: timedelta) -> Engine:
    """Writers queue for one lock, as SQLite's do: rollups and counters are read, then written."""
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The setting 'database' asks for PostgreSQL, which needs the package {error.name}: "
            "install it with 'pip install psycopg[binary]'."
        ) from None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = {patience // timedelta(milliseconds=1)}"
        )
        connection.exec_driver_sql(
            f"SELECT pg_advisory_xact_lock({WRITE_LOCK})"
            if _writes(connection)
            else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        )

    return engine


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("writes", False))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read transaction: one consistent view. Raises StoreError."""
    with _named_errors(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A write transaction: all or nothing, on disk when it ends. Raises StoreError."""
    with (
        _named_errors(engine),
        engine.execution_options(writes=True).connect() as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _named_errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(
            f"The store {shown_url(engine.url)} did not answer: {_first_line(error)}"
        ) from error


def shown_url(url: URL) -> str:
    """The address without its password."""
    shown = {key: "***" if "password" in key else value for key, value in url.query.items()}
    return url.set(query=shown).render_as_string(hide_password=True)


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0].rstrip(".") + "." if str(cause).strip() else "?"


def revision(engine: Engine) -> str | None:
    """The schema's revision, None for a database that Masthead has not made yet."""
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def migrate(engine: Engine) -> None:
    """Bring the database to the schema of this version; one writer does it, others wait.

    Raises StoreError for a database that a newer Masthead made.
    """
    if engine.url.drivername == "sqlite":
        _prepare_file(engine)
    found = revision(engine)
    if found == REVISION:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"The store {shown_url(engine.url)} has schema {found}, made by a newer Masthead than "
            f"this one (schema {REVISION}): install the newer version."
        )
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _prepare_file(engine: Engine) -> None:
    path = Path(str(engine.url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The store's folder {path.parent} cannot be made: {error.strerror}."
        ) from error
    with _named_errors(engine), engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA journal_mode=WAL")


def insert(connection: Connection, table: Table) -> Any:
    """The engine's own INSERT, the one that knows ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)
