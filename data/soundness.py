"""Whether a store is sound: what its database finds, and whether its tables say the same."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from data import sqlite
from data.connection import Connection, Row
from data.engine import damaged
from data.model import KEYS, MILLISECOND, from_ms, iso, to_ms
from data.revisions import check as check_revision
from data.rollup import DAY, WEEK, Folded, coarser, folds, hours
from data.schema import TABLES, rollups_day, rollups_hour, rollups_week, snapshots
from data.sql import Table, as_ms, count
from data.sqlite import SqliteEngine
from data.statements import select
from data.store import Store

_WEEK_MS: Final = WEEK // MILLISECOND
_FIGURES: Final = tuple(snapshots.c[key] for key in KEYS)


def check(store: Store) -> int:
    """Read the whole store, of one moment, and hold its tables against each other; its snapshots.

    Raises StoreError with the first thing that is wrong.
    """
    check_revision(store.engine)
    with store.reading() as connection:
        if isinstance(store.engine, SqliteEngine):
            for fault in sqlite.faults(connection.raw):
                raise damaged(store.engine, f"{fault}.")
        rows = {table: _count(connection, table) for table in TABLES}
        for fault in _differences(connection, rows):
            raise damaged(store.engine, fault)
    return rows[snapshots]


def _count(connection: Connection, table: Table) -> int:
    return int(connection.scalar(select(count()).select_from(table)) or 0)


def _differences(connection: Connection, rows: dict[Table, int]) -> Iterator[str]:
    """Where rollups are not those of the snapshots: figures are kept in both."""
    wanted = dict.fromkeys((rollups_hour, rollups_day, rollups_week), 0)
    every = select(snapshots.c.source, as_ms(snapshots.c.slot), *_FIGURES)
    history = connection.stream(every.order_by(snapshots.c.source, snapshots.c.slot))
    for (source, week), looks in groupby(history, lambda row: (row[0], row[1] // _WEEK_MS)):
        start = from_ms(week * _WEEK_MS)
        for table, buckets in _folded(list(looks)).items():
            wanted[table] += len(buckets)
            if buckets != _held(connection, table, source, start):
                yield (
                    f"{table.name} and the snapshots of {source} differ in the week from "
                    f"{iso(start)}."
                )
    for table, buckets_wanted in wanted.items():
        if rows[table] != buckets_wanted:
            yield f"{table.name} has {rows[table]} rows, and {buckets_wanted} have snapshots."


def _folded(looks: Sequence[Row]) -> dict[Table, list[Folded]]:
    _, slots, *figures = zip(*looks, strict=True)
    by_hour = hours(slots, figures)
    by_day = coarser(by_hour, DAY)
    return {
        rollups_hour: by_hour,
        rollups_day: by_day,
        rollups_week: coarser(by_day, WEEK),
    }


def _held(connection: Connection, table: Table, source: str, start: datetime) -> list[Folded]:
    at = table.c.start
    within = select(table).where(table.c.source == source, at >= start, at < start + WEEK)
    found = connection.execute(within.order_by(at))
    return [(to_ms(row.start), list(folds(row))) for row in found]
