"""How downloads end on a real server: whole, or with a broken connection, and always let go."""

import http.client
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from data.store import Store
from tests.conftest import HOUR, T0, snapshot
from tests.postgres import Server
from tests.served import served
from tests.waiting import until

ROWS = 400_000
"""So many lines that no socket's buffer holds them."""
MINUTES = {
    "sqlite": "WITH RECURSIVE m(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM m WHERE n < {rows}) "
    "INSERT INTO snapshots (source, slot, taken_at, origin, via, dapps) "
    "SELECT 'dapp_expert', n * 60000, n * 60000, 'live', 'payload', n FROM m",
    "postgresql": "INSERT INTO snapshots (source, slot, taken_at, origin, via, dapps) "
    "SELECT 'dapp_expert', to_timestamp(n * 60), to_timestamp(n * 60), 'live', 'payload', n "
    "FROM generate_series(1, {rows}) AS n",
}


class Place:
    """A store with a long history, and what is done to it from outside."""

    def __init__(self, store: Store, url: str, execute: Callable[[str], object]) -> None:
        self.store = store
        self.url = url
        self.execute = execute
        self.is_file = url.startswith("sqlite")
        store.save(snapshot(T0, source="dapp_expert", dapps=1.0), HOUR)
        execute(MINUTES["sqlite" if self.is_file else "postgresql"].format(rows=ROWS))
        if self.is_file:
            execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def break_it(self) -> None:
        """Let what is being read fail: the rest of the file, or the server's process."""
        if not self.is_file:
            self.execute(f"SELECT pg_terminate_backend(pid) {READERS}")
            return
        path = Path(self.url.removeprefix("sqlite:///"))
        with path.open("r+b") as file:
            size = path.stat().st_size
            file.seek(size // 2)
            file.write(b"\xff" * (size - size // 2))

    def is_let_go(self) -> bool:
        """Whether nobody reads any more."""
        if not self.is_file:
            return not self.execute(f"SELECT pid {READERS}")
        self.execute("UPDATE sources SET version = version + 1")
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=0)) as other:
            busy, _, _ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy


READERS = "FROM pg_stat_activity WHERE application_name = 'masthead' AND state <> 'idle'"


@pytest.fixture
def place(request: pytest.FixtureRequest, store: Store, url: str) -> Place:
    """A long history on each engine."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")

        def on_file(sql: str) -> object:
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                return other.execute(sql).fetchall()

        return Place(store, url, on_file)
    server: Server = request.getfixturevalue("postgres")
    return Place(store, url, lambda sql: server.execute(sql, "masthead"))


@pytest.fixture
def page(place: Place) -> Iterator[str]:
    """The address of a real server over it, without its scheme."""
    with served(place.url) as address:
        yield address.removeprefix("http://")


@contextmanager
def begun(page: str, kind: str = "csv") -> Iterator[http.client.HTTPResponse]:
    """A download of which the first part has come; its connection is closed at the end."""
    with closing(http.client.HTTPConnection(page, timeout=30)) as connection:
        connection.request("GET", f"/export/snapshots.{kind}")
        with connection.getresponse() as answer:
            assert answer.status == 200
            answer.read(1000)
            yield answer


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_error_in_the_middle_breaks_the_connection(place: Place, page: str, kind: str) -> None:
    """A store that fails in mid-download never leaves what looks like a whole file.

    Nobody else is disturbed: the connections of the same process stay.
    """
    with closing(http.client.HTTPConnection(page, timeout=30)) as other:
        other.connect()
        with begun(page, kind) as answer:
            place.break_it()
            with pytest.raises(http.client.IncompleteRead):
                answer.read()
        # Once would be before its end has been noticed.
        for _ in range(50):
            other.request("GET", "/api/v1/openapi.json")
            assert len(other.getresponse().read()) > 1_000


def test_client_that_goes_away_is_let_go(place: Place, page: str) -> None:
    """Whoever closes the connection in mid-download holds neither a thread nor a transaction."""
    for _ in range(5):
        until(place.is_let_go, 20)
        with begun(page):
            assert not place.is_let_go()
    until(place.is_let_go, 20)


def test_client_that_goes_away_from_a_sheet_is_let_go(place: Place, page: str) -> None:
    """An XLSX is made before its first byte; whoever leaves meanwhile does not let it be made."""
    for _ in range(3):
        with closing(http.client.HTTPConnection(page, timeout=30)) as connection:
            connection.request("GET", "/export/snapshots.xlsx")
            until(lambda: not place.is_let_go(), 20)
        until(place.is_let_go, 10)


def test_exports_leave_threads_for_the_page(place: Place, page: str) -> None:
    """Beyond two at a time the answer is: later; the page itself goes on."""
    with (
        begun(page),
        begun(page),
        closing(http.client.HTTPConnection(page, timeout=30)) as other,
    ):
        other.request("GET", "/export/snapshots.csv")
        answer = other.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert (
            answer.read()
            == b"2 exports of yours are under way here: ask again when one has ended.\n"
        )
        other.request("GET", "/api/v1/sources")
        assert other.getresponse().read().startswith(b'{"sources":')
    until(place.is_let_go, 20)
    with begun(page) as answer:
        assert answer.read().endswith(b"\r\n")


def test_old_protocol_is_told_the_size(place: Place, page: str) -> None:
    """HTTP/1.0, as proxies still speak, has no chunks: it is told how long a whole file is."""
    with closing(http.client.HTTPConnection(page, timeout=30)) as old:
        old._http_vsn, old._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
        old.request("GET", "/export/snapshots.csv?from=1970-09-01T00:00:00Z")
        answer = old.getresponse()
        body = answer.read()
        assert "Transfer-Encoding" not in answer.headers
        assert int(answer.headers["Content-Length"]) == len(body)
        assert body.endswith(b"\r\n")


IMPATIENT = """
import sys
from datetime import timedelta
from dashboard import patient
from dashboard.server import listen, run
from data.settings import Settings

patient.PATIENCE = timedelta(seconds=0.2)
listener = listen("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
run(Settings(database=sys.argv[1]), listener, workers=1)
"""


def test_client_that_does_not_read_is_let_go(place: Place) -> None:
    """Whoever keeps the connection but takes nothing is given up."""
    command = [sys.executable, "-c", IMPATIENT, place.url]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        try:
            with begun(f"127.0.0.1:{process.stdout.readline().strip()}") as answer:
                until(place.is_let_go, 20)
                with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                    answer.read()
        finally:
            process.terminate()
