"""The history that the store is measured on: ten years at one a minute, on both engines."""

import argparse
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import psycopg

from data.clock import now
from data.schema import ROLLUPS, snapshots, sources
from data.sql import Instant, Table
from data.store import Store, open_store
from tests.benchmarks.lines import Line, table
from tests.benchmarks.page_store import DECADE, YEARS, prepare
from tests.benchmarks.peers import BUILD, end_orderly
from tests.postgres import Server, place, programs

QUICK: Final = timedelta(days=400)
LINES: Final = 50_000
"""Rows that are copied at once."""
MEMORY: Final = ("-c", "shared_buffers=128MB")
"""What PostgreSQL takes unless told; all that makes a commit durable is on."""


@dataclass(frozen=True, slots=True)
class Decade:
    """The same history in a SQLite file and in a database of a PostgreSQL server."""

    file: Path
    sqlite: str
    postgres: str
    server: Server

    @property
    def engines(self) -> dict[str, str]:
        """The two addresses by what the engines are called."""
        return {"SQLite": self.sqlite, "PostgreSQL": self.postgres}


@contextmanager
def decade(quick: bool = False) -> Iterator[Decade]:
    """The ten years (``quick``: 400 days), the file kept between runs, the server thrown away."""
    file = BUILD / ("bench-store-quick.db" if quick else "bench-page.db")
    sqlite = prepare(file, now(), QUICK if quick else YEARS)
    with durable() as server:
        server.execute("CREATE DATABASE decade")
        fill(file, server.url("decade"))
        server.execute("VACUUM ANALYZE", "decade")
        yield Decade(file, sqlite, server.url("decade"), server)


@contextmanager
def durable() -> Iterator[Server]:
    """An empty PostgreSQL server of its own whose commits are on disk."""
    with programs() as (bin_, folder):
        server = Server(bin_, place(folder / "durable"), MEMORY)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")


@contextmanager
def opened(database: str) -> Iterator[Store]:
    """A store for a while."""
    store = open_store(database)
    try:
        yield store
    finally:
        store.close()


def fill(file: Path, database: str) -> None:
    """Copy the ten years with their rollups from a file into an empty PostgreSQL database."""
    with opened(database):
        pass
    with closing(sqlite3.connect(file)) as there, psycopg.connect(database) as here:
        for table in (sources, snapshots, *ROLLUPS):
            rows = there.execute(_as_copied(table), (DECADE,))
            columns = ", ".join(column.name for column in table.columns)
            with here.cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
                while lines := rows.fetchmany(LINES):
                    copy.write("".join(line for (line,) in lines))


def _as_copied(table: Table) -> str:
    """What selects a source's rows of a table as COPY reads them: SQLite writes the lines."""
    cells = (
        f"coalesce(strftime('%Y-%m-%d %H:%M:%fZ', {column.name} / 1000.0, 'unixepoch'), '\\N')"
        if column.kind == Instant
        else f"coalesce({column.name}, '\\N')"
        for column in table.columns
    )
    line = " || char(9) || ".join(cells)
    return f"SELECT {line} || char(10) FROM {table.name} WHERE source = ?"


Measure = Callable[[Decade, bool], list[Line]]
"""What a part of the benchmark is: told whether to be quick, it gives its lines."""


def alone(measure: Measure) -> int:
    """Measure one part by itself and print its table; 1 when a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="few rounds on 400 days")
    quick = parser.parse_args().quick
    end_orderly()
    with decade(quick) as stores:
        lines = measure(stores, quick)
    print(table(lines))
    return int(not all(line.met for line in lines))
