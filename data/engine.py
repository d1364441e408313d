"""Opening a database: pragmas, write transactions, and the schema it must have."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from data.errors import StoreError, UsageError
from data.schema import REVISION

BUSY_TIMEOUT_MS: Final = 30_000


def parse_url(database: str) -> URL:
    """The database's address; ``postgresql://`` means psycopg 3. Raises UsageError."""
    try:
        url = make_url(database)
    except ArgumentError:
        raise UsageError(
            "The setting 'database' is not a database URL: "
            "write sqlite:////absolute/path.db or postgresql://user@host/name."
        ) from None
    if url.drivername == "sqlite":
        if not url.database or url.database == ":memory:":
            raise UsageError("The setting 'database' names no file: write sqlite:///masthead.db.")
        return url
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise UsageError(
        f"The setting 'database' asks for {url.drivername}: Masthead keeps its history in "
        "sqlite:/// or postgresql://."
    )


def connect(url: URL) -> Engine:
    """An engine whose SQLite connections wait, sync fully and begin writes at once.

    A transaction that reads and then writes would fail with "database is locked" as soon as
    another writer came between; ``BEGIN IMMEDIATE`` takes its turn instead.
    """
    if url.drivername != "sqlite":
        raise UsageError(
            f"The store {shown_url(url)} is PostgreSQL, which this version cannot use yet: "
            "take a sqlite:/// URL."
        )
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


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
    except SQLAlchemyError as error:
        raise StoreError(
            f"The store {shown_url(engine.url)} did not answer: {_first_line(error)}"
        ) from error


def shown_url(url: URL) -> str:
    """The address without its password."""
    return url.render_as_string(hide_password=True)


def _first_line(error: SQLAlchemyError) -> str:
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
        ) from (error)
    with _named_errors(engine), engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA journal_mode=WAL")


def insert(connection: Connection, table: Table) -> Any:
    """The engine's own INSERT, the one that knows ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)
