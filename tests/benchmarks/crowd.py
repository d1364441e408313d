"""Eight writers and four readers at one store: nothing acknowledged is lost, nobody sees an error.

    python -m tests.benchmarks.crowd [--quick]

Each is a process with a store object of its own, on a SQLite file, then on a PostgreSQL server.
Slots are chosen so that writers meet, and some looks lack a figure that others have. Afterwards
each slot that ``save`` acknowledged is there once, with the values of the writer that was told so,
and the rollups are those of a rebuild.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from data.clock import stopwatch
from data.connection import Row
from data.errors import MastheadError
from data.export import stream
from data.model import KEYS, METRIC, Look, Reading, Snapshot
from data.rollup import rebuild
from data.schema import ROLLUPS, snapshots
from data.series import series
from data.statements import delete, select, text
from data.store import Store, open_store
from data.tables import Query
from data.writes import Saved
from tests.benchmarks.lines import Line, at_most, table, unheld
from tests.postgres import Server, place, programs

WORDS: Final = (
    "eight processes save as fast as they can, on slots where they meet, while four read charts, "
    "figures and exports, for a minute. Whatever was acknowledged must be there once, with the "
    "values that were acknowledged."
)
SECONDS: Final = 60.0
QUICKLY: Final = 10.0
WRITERS: Final = 8
READERS: Final = 4
LOADED: Final = ["data.export", "data.series", "tests.postgres"]
"""What all processes need, loaded once."""
PATIENCE_S: Final = 120.0
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
SOURCES: Final = ("crowd_one", "crowd_two")
LACKING: Final = "volume_30d"
"""The figure that every tenth look lacks."""

Place = tuple[str, datetime]
"""A source and a slot."""
Values = Mapping[str, float | None]


@dataclass(slots=True)
class Told:
    """What one writer or reader saw."""

    acknowledged: list[tuple[Saved, Place, Values]] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    """Seconds of each save or read."""
    errors: Counter[str] = field(default_factory=Counter)


def look(writer: int, number: int, chance: random.Random) -> Snapshot:
    """A writer's next snapshot: its slot near those of the others, its values nobody else's."""
    values: dict[str, float | None] = {
        key: float(1_000_000 * (writer + 1) + number) + place / 8 for place, key in enumerate(KEYS)
    }
    if chance.random() < 0.1:
        values[LACKING] = None
    readings = {key: Reading(value, 0.0, METRIC[key].unit) for key, value in values.items()}
    slot = START + MINUTE * (4 * number + chance.randrange(40))
    return Snapshot(chance.choice(SOURCES), slot, slot, "live", Look(readings, "api"))


def write(pipe: Pipe, stop: Event, ready: Barrier, url: str, number: int, saves: int) -> None:
    """Save ``saves`` looks, or fewer when ``stop`` is set; send what was told."""
    store, told, chance = open_store(url), Told(), random.Random(number)
    ready.wait(PATIENCE_S)
    for turn in range(saves):
        if stop.is_set():
            break
        one = look(number, turn, chance)
        values = {key: reading.value for key, reading in one.look.readings.items()}
        began = stopwatch()
        try:
            told.acknowledged.append((store.save(one, MINUTE), (one.source, one.slot), values))
        except MastheadError as error:
            told.errors[str(error)] += 1
        told.took.append(stopwatch() - began)
    store.close()
    pipe.send(told)


def read(pipe: Pipe, stop: Event, ready: Barrier, url: str, number: int, _saves: int) -> None:
    """Ask for charts, newest readings and exports until ``stop`` is set; send what was told."""
    store, told, chance = open_store(url, read_only=True), Told(), random.Random(number)
    ready.wait(PATIENCE_S)
    while not stop.is_set():
        began = stopwatch()
        try:
            _ask(store, chance.choice(SOURCES), chance)
        except MastheadError as error:
            told.errors[str(error)] += 1
        told.took.append(stopwatch() - began)
    store.close()
    pipe.send(told)


def _ask(store: Store, source: str, chance: random.Random) -> None:
    info = store.source(source)
    if info is None or info.last_slot is None:
        return
    begin = info.last_slot - chance.choice((2, 24, 240)) * 60 * MINUTE
    if chance.random() < 0.4:
        chart = series(store, info, begin, info.last_slot)
        assert chart["t"] == sorted(set(chart["t"]))
    elif chance.random() < 0.7:
        assert store.latest(source) is not None
    else:
        part = Query(sources=(source,), start=begin)
        lines = b"".join(stream(store, part, "csv")).splitlines()
        assert len({line[:20] for line in lines}) == len(lines) > 1


def crowd(url: str, seconds: float | None, saves: int = sys.maxsize) -> tuple[list[Told], float]:
    """Let all loose for ``seconds``, or until each writer has saved its part; writers come first.

    With the seconds from when all were ready. Raises EOFError or BrokenBarrierError where one died.
    """
    open_store(url).close()
    context = get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    stop, ready = context.Event(), context.Barrier(WRITERS + READERS + 1)
    parts: list[Callable[..., None]] = [write] * WRITERS + [read] * READERS
    pipes, processes = [], []
    for number, part in enumerate(parts):
        pipe, there = context.Pipe(duplex=False)
        given = (there, stop, ready, url, number, saves)
        process = context.Process(target=part, args=given)
        process.start()
        there.close()
        pipes.append(pipe)
        processes.append(process)
    try:
        ready.wait(PATIENCE_S)
        began = stopwatch()
        if seconds is not None:
            wait([process.sentinel for process in processes], seconds)
            stop.set()
        told = [pipe.recv() for pipe in pipes[:WRITERS]]
        took = stopwatch() - began
        stop.set()
        return [*told, *(pipe.recv() for pipe in pipes[WRITERS:])], took
    finally:
        stop.set()
        _end(processes)


def _end(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.join(30)
        process.kill()


@dataclass(frozen=True, slots=True)
class Found:
    """How far the store differs from what was acknowledged: nothing, when all is well."""

    lost: int
    twice: int
    """Slots that two writers were told they had stored."""
    wrong: int
    unknown: int
    """Slots that nobody was told were stored."""
    rollups_wrong: bool
    integrity: str

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        bad = self.lost or self.twice or self.wrong or self.unknown or self.rollups_wrong
        return not bad and self.integrity == "ok"


def check(url: str, told: Sequence[Told]) -> Found:
    """Hold the store against what the writers were told."""
    owed: dict[Place, dict[str, float | None]] = {}
    all_told = [one for each in told for one in each.acknowledged]
    stored = [(at, values) for saved, at, values in all_told if saved == "stored"]
    for at, values in stored:
        owed[at] = dict(values)
    for saved, at, values in all_told:
        if saved == "filled":
            owed[at][LACKING] = values[LACKING]
    store = open_store(url)
    with store.reading() as connection:
        rows = connection.execute(select(snapshots)).all()
        integrity = "ok"
        if connection.dialect == "sqlite":
            integrity = str(connection.scalar(text("PRAGMA integrity_check")))
    kept = {(row.source, row.slot): {key: getattr(row, key) for key in KEYS} for row in rows}
    before, after = _rollups(store), _rebuilt(store, list(kept))
    store.close()
    return Found(
        lost=len(owed.keys() - kept.keys()),
        twice=len(stored) - len(owed),
        wrong=sum(kept[at] != values for at, values in owed.items() if at in kept),
        unknown=len(kept.keys() - owed.keys()),
        rollups_wrong=before != after,
        integrity=integrity,
    )


def _rollups(store: Store) -> list[list[Row]]:
    with store.reading() as connection:
        return [connection.execute(select(table).order_by(*table.key)).all() for table in ROLLUPS]


def _rebuilt(store: Store, places: Sequence[Place]) -> list[list[Row]]:
    with store.writing() as connection:
        for table in ROLLUPS:
            connection.execute(delete(table))
        for name in SOURCES:
            rebuild(connection, name, [slot for source, slot in places if source == name])
    return _rollups(store)


def lines(name: str, told: Sequence[Told], took: float, found: Found) -> list[Line]:
    """What became of one store, as lines of the table."""
    saves = sorted(second for each in told[:WRITERS] for second in each.took)
    reads = sorted(second for each in told[WRITERS:] for second in each.took)
    errors = sum((each.errors for each in told), Counter())
    print(f"{name}: {found}; errors: {errors}", file=sys.stderr)
    wrong = [found.lost + found.wrong, found.twice + found.unknown, errors.total()]
    said = ("acknowledged, lost or wrong", "stored twice or unasked", "errors seen by anyone")
    return [
        unheld(f"{name}: saves", len(saves) / took, "{:,.0f}/s"),
        unheld(f"{name}: a save, p99", saves[len(saves) * 99 // 100] * 1000, "{:,.0f} ms"),
        unheld(f"{name}: reads", len(reads) / took, "{:,.0f}/s"),
        *(
            at_most(f"{name}: {what}", number, 0, "{:,.0f}")
            for what, number in zip(said, wrong, strict=True)
        ),
        at_most(f"{name}: rollups that differ from a rebuild", found.rollups_wrong, 0, "{:,.0f}"),
        at_most(f"{name}: damaged", found.integrity != "ok", 0, "{:,.0f}"),
    ]


def measure(quick: bool) -> list[Line]:
    """Both engines."""
    seconds = QUICKLY if quick else SECONDS
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'crowd.db'}"
        found = _measured("SQLite", url, seconds)
    with programs() as (bin_, folder_of_servers):
        server = Server(bin_, place(folder_of_servers / "crowd"), ())
        server.create()
        server.start()
        try:
            server.execute("CREATE DATABASE crowd")
            found += _measured("PostgreSQL", server.url("crowd"), seconds)
        finally:
            server.stop("immediate")
    return found


def _measured(name: str, url: str, seconds: float) -> list[Line]:
    told, took = crowd(url, seconds)
    return lines(name, told, took, check(url, told))


def main() -> int:
    """Measure, print the table; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ten seconds on each engine")
    found = measure(parser.parse_args().quick)
    print(table(found))
    return int(not all(line.met for line in found))


if __name__ == "__main__":
    sys.exit(main())
