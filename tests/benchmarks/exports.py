"""CSV of ten years: beside ``sqlite3 -csv``, Datasette's stream and ``psql``'s copy, turn about."""

import argparse
import http.client
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg

from data.clock import stopwatch
from data.store import open_store
from tests.benchmarks.lines import Line, at_most, faster, table, within
from tests.postgres import Server, place, programs
from tests.waiting import until

ROOT: Final = Path(__file__).parents[2]
STORE: Final = ROOT / "build" / "bench-page.db"
ENVIRONMENT: Final = ROOT / "build" / "datasette"
DATASETTE: Final = "datasette==0.65.1"
SOURCE: Final = "ten_years"
ROUNDS: Final = 3
STREAMED: Final = 200_000
"""Lines that are read from either stream over HTTP; Datasette's whole would take many minutes."""
SECONDS: Final = "{:,.1f} s"
TIMES: Final = ("slot", "taken_at", "as_of")
REST: Final = "source, origin, via, dapps, blockchains, active_users, volume_30d, transactions_30d"
COLUMNS: Final = f"{', '.join(TIMES)}, {REST}"
ISO: Final = ", ".join(
    f"strftime('%Y-%m-%dT%H:%M:%SZ', {one} / 1000, 'unixepoch')" for one in TIMES
)
FILL: Final = f"COPY snapshots ({COLUMNS}) FROM STDIN"


def run(command: Sequence[object], out: Path) -> tuple[float, float]:
    """Seconds and MiB of a command whose output goes to ``out``; raises when it fails."""
    with out.open("wb") as file:
        start = stopwatch()
        child = subprocess.Popen([str(part) for part in command], stdout=file)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = stopwatch() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[0]} gave {child.returncode}.")
    return seconds, usage.ru_maxrss / 1024


def masthead(database: str, *arguments: str | Path) -> list[str | Path]:
    """The command over a store."""
    return [sys.executable, "-m", "masthead", "--quiet", "--database", database, *arguments]


def files(store: Path, folder: Path, rounds: int) -> list[Line]:
    """The whole CSV into a file: Masthead, and sqlite3 with the same text and with its own."""
    ours = masthead(f"sqlite:///{store}", "export", "snapshots", "-o", folder / "ours.csv")
    program = ["sqlite3", "-csv", store]
    same = [*program, f"SELECT {ISO}, {REST} FROM snapshots"]
    own = [*program, f"SELECT {COLUMNS} FROM snapshots"]
    commands: dict[str, list[Any]] = {"ours": ours, "same": same, "own": own}
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for turn in range(rounds):
        for name in sorted(commands, reverse=bool(turn % 2)):
            costs[name].append(run(commands[name], folder / "theirs.csv"))
    taken = {name: [seconds for seconds, _ in found] for name, found in costs.items()}
    most = max(mebibytes for _, mebibytes in costs["ours"])
    return [
        faster("CSV of everything", taken["ours"], "sqlite3 -csv", taken["same"], 1.2, SECONDS),
        faster(
            "the same, times as integers there",
            taken["ours"],
            "sqlite3 -csv",
            taken["own"],
            0,
            SECONDS,
        ),
        at_most("its peak memory", most, 300, "{:,.0f} MiB"),
    ]


@contextmanager
def serving(command: Sequence[object], port: int) -> Iterator[None]:
    """A server that answers at ``port`` as long as the block lasts."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen([str(part) for part in command], stdout=quiet, stderr=quiet) as process:
        try:
            until(lambda: _answers(port), 60)
            yield
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except OSError:
            return False


def streamed(port: int, path: str) -> tuple[float, float]:
    """Seconds until the first byte of a stream, and until so many lines of it have come."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=600)) as connection:
        start = stopwatch()
        connection.request("GET", path)
        answer = connection.getresponse()
        lines = answer.read(1).count(b"\n")
        first = stopwatch() - start
        while lines < STREAMED and (part := answer.read1(1 << 16)):
            lines += part.count(b"\n")
        if lines < STREAMED:
            raise SystemExit(f"{path} ended after {lines:,} lines.")
        return first, stopwatch() - start


def streams(store: Path, datasette: Path, rounds: int) -> list[Line]:
    """Over HTTP: the first byte, and so many lines beside Datasette."""
    ours, theirs = 8791, 8792
    dashboard = masthead(f"sqlite:///{store}", "dashboard", "--port", str(ours))
    limits = [part for name in ("max_csv_mb", "sql_time_limit_ms") for part in ("--setting", name)]
    limits.insert(2, "0")
    peer = [datasette, "serve", store, "-p", str(theirs), *limits, "600000"]
    peer += ["--setting", "max_returned_rows", "1000"]
    found: list[tuple[tuple[float, float], tuple[float, float]]] = []
    with serving(dashboard, ours), serving(peer, theirs):
        for _ in range(rounds):
            one = streamed(ours, f"/export/snapshots.csv?source={SOURCE}")
            table = f"/{store.stem}/snapshots.csv?_stream=on&_size=max&source={SOURCE}"
            found.append((one, streamed(theirs, table)))
    first = median(one[0] for one, _ in found)
    taken = [[one[1] for one, _ in found], [other[1] for _, other in found]]
    what = f"{STREAMED:,} lines of CSV over HTTP"
    return [
        at_most("first byte over HTTP", first * 1000, 300, "{:,.0f} ms"),
        faster(what, taken[0], "Datasette, _stream", taken[1], 10, SECONDS),
    ]


def copies(store: Path, folder: Path, rounds: int) -> list[Line]:
    """The whole CSV from PostgreSQL: Masthead, and psql with the server's own text and order."""
    with programs() as (bin_, servers):
        server = Server(bin_, place(servers / "exports"))
        server.create()
        server.start()
        try:
            server.execute("CREATE DATABASE masthead")
            url = server.url("masthead")
            fill(store, url)
            ours = masthead(url, "export", "snapshots", "-o", folder / "ours.csv")
            said = f"\\copy (SELECT {COLUMNS} FROM snapshots) TO '{folder}/theirs.csv' CSV"
            theirs = [bin_ / "psql", url, "-q", "-c", said]
            pairs = [
                (run(ours, folder / "said")[0], run(theirs, folder / "said")[0])
                for _ in range(rounds)
            ]
        finally:
            server.stop("immediate")
    mine, others = zip(*pairs, strict=True)
    return [within("CSV of everything, PostgreSQL", mine, "psql \\copy", others, 1.5, SECONDS)]


def fill(store: Path, url: str) -> None:
    """Put the snapshots and sources of a SQLite file into an empty PostgreSQL database."""
    open_store(url).close()
    texts = ", ".join(
        f"strftime('%Y-%m-%d %H:%M:%f+00', {one} / 1000.0, 'unixepoch')" for one in TIMES
    )
    with closing(sqlite3.connect(store)) as file, psycopg.connect(url) as server:
        with server.cursor().copy(FILL) as copy:
            for row in file.execute(f"SELECT {texts}, {REST} FROM snapshots"):
                copy.write_row(row)
        for row in file.execute("SELECT source, every_ms, version FROM sources"):
            said = "INSERT INTO sources (source, every_ms, version) VALUES (%s, %s, %s)"
            server.execute(said, row)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("VACUUM ANALYZE snapshots")


def install(uv: str) -> Path:
    """Datasette in an environment of its own, made where it is missing."""
    command = ENVIRONMENT / "bin" / "datasette"
    if not command.exists():
        python = str(ENVIRONMENT / "bin" / "python")
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, ENVIRONMENT], check=True)
        install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", python]
        subprocess.run([*install, DATASETTE, "setuptools<81"], check=True)
    return command


def measure(store: Path, uv: str, rounds: int = ROUNDS) -> list[Line]:
    """Everything that is aimed at, over a store of ten years at one a minute."""
    datasette = install(uv)
    with tempfile.TemporaryDirectory(prefix="masthead-") as name:
        folder = Path(name)
        return [
            *files(store, folder, rounds),
            *streams(store, datasette, rounds),
            *copies(store, folder, rounds),
        ]


def main() -> None:
    """Measure, print, and exit 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=STORE)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--uv", default=str(ROOT / ".tools" / "bin" / "uv"))
    given = parser.parse_args()
    found = measure(given.store, given.uv, given.rounds)
    print(table(found))
    sys.exit(not all(line.met for line in found))


if __name__ == "__main__":
    main()
