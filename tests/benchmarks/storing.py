"""Writing into the store: a whole history, single snapshots; and how much room they take.

python -m tests.benchmarks.storing [--quick]
"""

import itertools
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

from data.clock import stopwatch
from data.engine import sqlite_url
from data.model import EPOCH, KEYS, METRIC, Look, Reading, Snapshot, slot_of, to_ms
from data.schema import ROLLUPS, snapshots
from data.sql import count
from data.statements import select
from data.store import Store
from tests.benchmarks.decade import Decade, alone, opened
from tests.benchmarks.lines import Line, at_least, at_most, unheld
from tests.benchmarks.page_store import DECADE, MINUTE
from tests.benchmarks.peers import BUILD
from tests.looks import SEEN, snapshot

PROGRAM: Final = Path(sys.executable).with_name("masthead")
ROUNDS: Final = 11
SAVES: Final = 300
"""In each round."""
WARM_UP: Final = 100
READ_MINUTES: Final = 200_000
RATE: Final = "{:,.0f} a second"
BYTES: Final = "{:.1f} bytes"
TABLES: Final = ("snapshots", *(table.name for table in ROLLUPS))
WORDS: Final = (
    "`masthead import` of the CSV that `masthead export` made of all of it, start-up included, "
    f"into a new store; {ROUNDS} rounds of {SAVES} snapshots saved one by one where ten years are "
    "already, rollups and counters written with each and `synchronous=FULL`, turn about with bare "
    "INSERTs into the same file; and the pages that snapshots and rollups take by `dbstat`."
)
WHY: Final = "each waits for the disk, as a bare INSERT without rollups beside it does"
ROOM: Final = (
    "SELECT sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name)"
    f" WHERE tbl_name IN ({', '.join('?' for _ in TABLES)})"
)


def run(database: str, *words: str) -> float:
    """How many seconds the program took from start to end; leaves when it fails."""
    start = stopwatch()
    subprocess.run([PROGRAM, "--quiet", "--database", database, *words], check=True)
    return stopwatch() - start


def imports(decade: Decade, folder: Path) -> list[Line]:
    """The CSV of all of it into a new file and a new database, and the room it takes there."""
    file, copy = folder / "ten_years.csv", folder / "imported.db"
    run(decade.sqlite, "export", "snapshots", "--source", DECADE, "-o", str(file))
    decade.server.execute("CREATE DATABASE imported")
    new = {"SQLite": sqlite_url(copy), "PostgreSQL": decade.server.url("imported")}
    rates = {}
    for engine, database in new.items():
        seconds = run(database, "import", str(file))
        with opened(decade.engines[engine]) as whole, opened(database) as imported:
            number = held(imported)
            if number != held(whole):
                raise SystemExit(f"{engine}: {number} snapshots were imported, not all.")
        rates[engine] = number / seconds
    decade.server.execute("DROP DATABASE imported")
    return [
        at_least("import of the CSV, SQLite", rates["SQLite"], 100_000, RATE),
        unheld("import of the CSV, PostgreSQL", rates["PostgreSQL"], RATE),
        at_most("a snapshot's room, read from the payload", room(copy), 80, BYTES),
    ]


def held(store: Store) -> int:
    """How many snapshots of the ten years a store holds."""
    query = select(count()).select_from(snapshots).where(snapshots.c.source == DECADE)
    with store.reading() as connection:
        return int(connection.scalar(query))


def saves(decade: Decade, folder: Path) -> list[Line]:
    """Snapshots saved one by one, each on disk before the next, where ten years are already."""
    copy = folder / "saved.db"
    shutil.copyfile(decade.file, copy)
    bare_seconds = []
    with opened(sqlite_url(copy)) as store, bare(copy) as insert:
        seconds = []
        for looks in rounds(store):
            seconds.append(timed(lambda look: store.save(look, MINUTE), looks))
            bare_seconds.append(timed(insert, looks))
    decade.server.execute("CREATE DATABASE saved TEMPLATE decade")
    with opened(decade.server.url("saved")) as store:
        there = [timed(lambda look: store.save(look, MINUTE), looks) for looks in rounds(store)]
    decade.server.execute("DROP DATABASE saved")
    ours, theirs, postgres = (SAVES / median(each) for each in (seconds, bare_seconds, there))
    beside = "a bare INSERT", RATE.format(theirs)
    return [
        at_least("single durable writes, SQLite", ours, 1_000, RATE, beside, WHY),
        unheld("single durable writes, PostgreSQL", postgres, RATE),
    ]


def rounds(store: Store) -> Iterator[Sequence[Snapshot]]:
    """New snapshots in their order, some each round; the first round is not to be counted."""
    info = store.source(DECADE)
    assert info is not None
    assert info.last_slot is not None
    slots = (info.last_slot + number * MINUTE for number in itertools.count(1))
    for look in map(_looked, islice(slots, WARM_UP)):
        store.save(look, MINUTE)
    for _ in range(ROUNDS):
        yield [_looked(slot) for slot in islice(slots, SAVES)]


def timed(write: Callable[[Snapshot], object], looks: Sequence[Snapshot]) -> float:
    """How many seconds it takes to write them one after the other."""
    start = stopwatch()
    for look in looks:
        write(look)
    return stopwatch() - start


@contextmanager
def bare(file: Path) -> Iterator[Callable[[Snapshot], object]]:
    """What writes only a snapshot's row, as durably: what the disk allows."""
    names = f"source, slot, taken_at, origin, via, {', '.join(KEYS)}"
    marks = ", ".join("?" for _ in KEYS)
    insert = f"INSERT INTO snapshots ({names}) VALUES ('bare', ?, ?, 'live', 'payload', {marks})"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        yield lambda look: connection.execute(
            insert, (to_ms(look.slot), to_ms(look.taken_at), *SEEN)
        )


def _looked(slot: datetime) -> Snapshot:
    readings = {
        key: Reading(value, 0.0, METRIC[key].unit) for key, value in zip(KEYS, SEEN, strict=True)
    }
    return Snapshot(DECADE, slot, slot, "live", Look(readings, "payload"))


def room_as_shown(folder: Path) -> Line:
    """What a snapshot takes that was read from the page, the text of each figure beside it."""
    file = folder / "shown.db"
    with opened(sqlite_url(file)) as store:
        store.add(_shown(READ_MINUTES), {"dapp_expert": MINUTE})
    why = "the text of each figure as the page showed it is kept beside its value"
    what = "a snapshot's room, read from the page with its texts"
    return at_most(what, room(file), 80, BYTES, why=why)


def _shown(number: int) -> Iterator[Snapshot]:
    for at in (EPOCH + timedelta(days=18_000) + place * MINUTE for place in range(number)):
        yield replace(snapshot(at), slot=slot_of(at, MINUTE))


def room(file: Path) -> float:
    """Bytes a snapshot, its part of the indexes and the rollups included."""
    with closing(sqlite3.connect(file)) as connection:
        [taken] = connection.execute(ROOM, TABLES).fetchone()
        [number] = connection.execute("SELECT count(*) FROM snapshots").fetchone()
    return float(taken / number)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the disk of the tree, for a while: what is in memory is not durable."""
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as name:
        yield Path(name)


def measure(decade: Decade, quick: bool = False) -> list[Line]:
    """Imports, single writes and room; ``quick`` changes nothing but the history's length."""
    with scratch() as folder:
        return [*imports(decade, folder), room_as_shown(folder), *saves(decade, folder)]


if __name__ == "__main__":
    sys.exit(alone(measure))
