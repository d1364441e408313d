"""PostgreSQL by psycopg 3: addresses, and transactions that take turns."""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from data.clock import stopwatch
from data.connection import Connection
from data.errors import StoreError, UsageError
from data.idle import Idle
from data.secrets import bare_database
from data.session import Session

WRITE_LOCK: Final = 0x6D617374
"""The number of the advisory lock that a writer holds: 'mast' in ASCII."""
SLICE: Final = timedelta(seconds=1)
"""How long a writer waits before it looks whether to go on waiting."""
ABANDONED: Final = timedelta(minutes=2)
"""A write transaction whose client said nothing for so long is undone: others wait for its lock."""
LIMITS: Final = {
    "connect_timeout": "10",
    "tcp_user_timeout": "30000",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "application_name": "masthead",
}
"""How soon a server that does not answer is given up; the address may say otherwise."""
READS: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
WRITES: Final = (
    "BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL lock_timeout = {slice_ms}; "
    f"SET LOCAL idle_in_transaction_session_timeout = {ABANDONED // timedelta(milliseconds=1)}; "
    f"SELECT pg_advisory_xact_lock({WRITE_LOCK})"
)
CHANNEL: Final = "masthead"
"""Where every commit says that there may be news."""
COMMIT: Final = f"NOTIFY {CHANNEL}; COMMIT"
SETUP: Final = (
    "SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 1; "
    "SET client_encoding = 'UTF8'; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; "
    "SET tcp_keepalives_count = 3; SET tcp_user_timeout = 30000"
)
"""Times and figures are read as texts of one form, whatever a role or a database is set to. The
server, too, must notice that the other end has gone: it may hold the writers' lock.
"""
CHECKED: Final = "SET client_connection_check_interval = 5000"
"""The same while it is at work; not every system can tell a server."""
GONE: Final = (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction)
"""What a waiting connection raises when its server has ended, or is no primary any more."""
ENCODINGS: Final = ("UTF8", "SQL_ASCII", None)
"""What databases keep any text in; the second keeps it as it comes, the last does not tell."""
DRIVER: Final = re.compile(r"[a-z][a-z0-9+.-]{0,39}")
_SECRETS: Final = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Server:
    """The address of a database on one or several servers: the first that fits is taken."""

    text: str
    drivername: str = "postgresql"

    @property
    def database(self) -> str | None:
        """Its name, where the address says one."""
        name = self.said.get("dbname")
        return None if name is None else str(name)

    @property
    def said(self) -> Mapping[str, Any]:
        """The parts of the address by libpq's names."""
        return conninfo_to_dict(self.text)

    @property
    def shown(self) -> str:
        """The address without its password."""
        return bare_database(self.text)

    @property
    def has_password(self) -> bool:
        """Whether it says a password."""
        return any(self.said.get(name) for name in _SECRETS)


def parse_url(database: str, setting: str = "database") -> Server:
    """The address of a PostgreSQL database. Raises UsageError for anything else."""
    driver, there, rest = database.partition("://")
    known = driver in ("postgresql", "postgres", "postgresql+psycopg")
    # Where no driver stands there may be anything, a password too.
    if there and not known and DRIVER.fullmatch(driver):
        raise UsageError(
            f"The setting {setting!r} asks for {driver}: Masthead keeps its history in "
            "sqlite:/// or postgresql://."
        )
    server = Server(f"postgresql://{rest}")
    if not known or not there or not _is_sound(server):
        raise UsageError(
            f"The setting {setting!r} is not a database URL: "
            "write sqlite:////absolute/path.db or postgresql://user@host/name, in whose password "
            "an @ is %40."
        )
    return server


def _is_sound(server: Server) -> bool:
    try:
        ports = [int(port) for port in str(server.said.get("port", "")).split(",") if port]
    except (psycopg.ProgrammingError, ValueError):
        return False
    # A password's @ that is not written as %40 ends it: what follows would be named in errors.
    whole = server.text.partition("?")[0].count("@") <= 1
    return whole and all(0 < port < 1 << 16 for port in ports)


class PostgresEngine:
    """Writers queue for one lock, as SQLite's do: rollups and counters are read, then written.

    A commit returns when the server, and its synchronous standbys, have it on disk. No statement
    waits for its answer for longer than ``silence``.
    """

    def __init__(
        self,
        url: Server,
        patience: timedelta,
        silence: timedelta,
        stop: threading.Event,
        writes: bool,
    ) -> None:
        self.url = url
        self.patience = patience
        self.silence = silence
        self._stop = stop
        self._writes = writes
        self._connections = Idle(partial(opened, url, writes, silence))

    @property
    def busy(self) -> int:
        """How many transactions are under way."""
        return self._connections.busy

    @contextmanager
    def begin(self, writes: bool) -> Iterator[Connection]:
        """A transaction: committed when it ends, undone when it raises."""
        start = self._in_turn if writes else _read
        with self._connections.use(start, _usable, GONE) as raw:
            try:
                yield Connection(raw, "postgresql")
                raw.commit_everywhere(COMMIT if writes else "COMMIT")
            except BaseException:
                with suppress(psycopg.Error):
                    raw.execute("ROLLBACK")
                raise

    def dispose(self) -> None:
        """Close the connections that nobody uses."""
        self._connections.close()

    def _in_turn(self, raw: Session) -> None:
        """Begin to write when the others let us, within our patience and until told to stop."""
        latest = stopwatch() + self.patience.total_seconds()
        slice_ms = min(self.patience, SLICE) // timedelta(milliseconds=1)
        while True:
            try:
                raw.begin(WRITES.format(slice_ms=max(slice_ms, 1)))
                break
            except errors.LockNotAvailable:
                raw.execute("ROLLBACK")
                if self._stop.is_set() or stopwatch() >= latest:
                    raise
        if not self._writes or _is_read_only(raw):
            raw.execute("ROLLBACK")
            raise errors.ReadOnlySqlTransaction("it only lets itself be read for now")


def session(url: Server, writes: bool) -> Session:
    """A connection; one that ``writes``, to a server that lets itself be written.

    Raises psycopg's errors.
    """
    wanted: dict[str, Any] = dict(LIMITS)
    if writes:
        wanted["target_session_attrs"] = "read-write"
    return Session.connect(url.text, **{k: v for k, v in wanted.items() if k not in url.said})


def opened(url: Server, writes: bool, silence: timedelta) -> Session:
    """A connection outside any transaction. Raises psycopg's errors and StoreError."""
    raw = session(url, writes)
    try:
        raw.autocommit = True
        raw.silence = silence
        raw.execute(SETUP)
        with suppress(errors.InvalidParameterValue):
            raw.execute(CHECKED)
        _refuse_encoding(url, raw)
    except BaseException:
        raw.close()
        raise
    return raw


def _refuse_encoding(url: Server, raw: Session) -> None:
    """Raise StoreError where the database would take some texts, and not others."""
    encoding = raw.info.parameter_status("server_encoding")
    if encoding not in ENCODINGS:
        raise StoreError(
            f"The store {url.shown} keeps texts in {encoding}, which has no room for every "
            "headline: make its database anew with --encoding=UTF8 --template=template0."
        )


def copied(raw: Session, sql: str, params: Sequence[Any], most: int) -> Iterator[bytes]:
    """What COPY sends of a query's rows as CSV, about ``most`` lines at a time.

    psycopg reads line by line and prepares to wait for each; we ask it only where none is there.
    """
    with (
        raw.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)", params) as copy,
    ):
        lines: list[Any] = []
        get, size = raw.pgconn.get_copy_data, 0
        while size >= 0 and (line := copy.read()):
            lines.append(line)
            for _ in range(most):
                size, line = get(1)
                if size <= 0:
                    break
                lines.append(line)
            if len(lines) >= most:
                yield b"".join(lines)
                lines.clear()
        _expect_success(raw)
        if lines:
            yield b"".join(lines)


def _expect_success(raw: Session) -> None:
    """Take the answer at the end of a COPY. Raises psycopg's errors."""
    while result := raw.pgconn.get_result():
        if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise errors.error_from_result(result)


def _read(raw: Session) -> None:
    raw.begin(READS)


def _is_read_only(raw: Session) -> bool:
    row = raw.execute("SELECT current_setting('transaction_read_only')").fetchone()
    return row is None or row[0] != "off"


def _usable(raw: Session) -> bool:
    return raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
