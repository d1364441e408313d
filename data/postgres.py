"""PostgreSQL by SQLAlchemy's pool and psycopg 3: addresses, and transactions that take turns."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import sqlalchemy
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from data.connection import Connection
from data.errors import UsageError

WRITE_LOCK: Final = 0x6D617374
"""The number of the advisory lock that a writer holds: 'mast' in ASCII."""


def parse_url(database: str) -> URL:
    """The address of a PostgreSQL database. Raises UsageError for anything else."""
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):
        raise UsageError(
            "The setting 'database' is not a database URL: "
            "write sqlite:////absolute/path.db or postgresql://user@host/name."
        ) from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise UsageError(
        f"The setting 'database' asks for {url.drivername}: Masthead keeps its history in "
        "sqlite:/// or postgresql://."
    )


def shown_url(url: Any) -> str:
    """The address without its password."""
    shown = {key: "***" if "password" in key else value for key, value in url.query.items()}
    return str(url.set(query=shown).render_as_string(hide_password=True))


def has_password(url: Any) -> bool:
    """Whether the address says a password."""
    return bool(url.password) or any("password" in key for key in url.query)


def connect(url: Any, patience: timedelta) -> "PostgresEngine":
    """Transactions on a PostgreSQL database. Raises UsageError without psycopg."""
    try:
        pool = sqlalchemy.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The setting 'database' asks for PostgreSQL, which needs the package {error.name}: "
            "install it with 'pip install psycopg[binary]'."
        ) from None
    return PostgresEngine(url, pool, patience)


class PostgresEngine:
    """Writers queue for one lock, as SQLite's do: rollups and counters are read, then written."""

    def __init__(self, url: Any, pool: sqlalchemy.Engine, patience: timedelta) -> None:
        self.url = url
        self.patience = patience
        self._pool = pool

    @property
    def busy(self) -> int:
        """How many transactions are under way."""
        return int(self._pool.pool.checkedout())  # type: ignore[attr-defined]

    @contextmanager
    def begin(self, writes: bool) -> Iterator[Connection]:
        """A transaction: committed when it ends, undone when it raises."""
        with self._pool.begin() as connection:
            lock_ms = self.patience // timedelta(milliseconds=1)
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {lock_ms}")
            connection.exec_driver_sql(
                f"SELECT pg_advisory_xact_lock({WRITE_LOCK})"
                if writes
                else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            )
            yield Connection(connection.connection, "postgresql")

    def dispose(self) -> None:
        """Close the connections that nobody uses."""
        self._pool.dispose()
