"""Rollups: hours from snapshots, days from hours, rewritten whole wherever a snapshot changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from data.connection import Connection, Row
from data.model import KEYS, slot_of
from data.prepared import Given, Prepared
from data.schema import FOLDS, rollups_day, rollups_hour, snapshots
from data.sql import Table
from data.statements import delete, insert, select

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
CHUNK: Final = 2_000
"""Buckets read and written in one statement."""


def _within(table: Table, start: Any) -> tuple[Any, ...]:
    """What stands in a span [low, high) of a source."""
    return table.c.source == Given("source"), start >= Given("low"), start < Given("high")


_SLOT: Final = snapshots.c.slot
_RAW: Final = Prepared(
    select(_SLOT, *(snapshots.c[key] for key in KEYS))
    .where(*_within(snapshots, _SLOT))
    .order_by(_SLOT)
)
_HOURS: Final = Prepared(
    select(rollups_hour)
    .where(*_within(rollups_hour, rollups_hour.c.start))
    .order_by(rollups_hour.c.start)
)
_CLEAR: Final = {
    period: Prepared(delete(table).where(*_within(table, table.c.start)))
    for period, table in ((HOUR, rollups_hour), (DAY, rollups_day))
}


def rebuild(connection: Connection, source: str, slots: Iterable[datetime]) -> None:
    """Write the hours and days of ``slots`` anew, in the caller's transaction."""
    slots = set(slots)
    _rebuild(connection, source, {slot_of(slot, HOUR) for slot in slots}, HOUR)
    _rebuild(connection, source, {slot_of(slot, DAY) for slot in slots}, DAY)


def _rebuild(connection: Connection, source: str, starts: set[datetime], period: timedelta) -> None:
    table = rollups_hour if period == HOUR else rollups_day
    for low, high in _stretches(sorted(starts), period):
        rows = (
            _hours(connection, source, low, high)
            if period == DAY
            else (_raw(connection, source, low, high))
        )
        buckets = groupby(rows, lambda row: slot_of(row[0], period))
        folded = [
            {"source": source, "start": start, **_fold(list(group))} for start, group in buckets
        ]
        span = {"source": source, "low": low, "high": high}
        connection.execute(_CLEAR[period](span))
        if folded:
            connection.execute(insert(table), folded)


def _stretches(
    starts: Sequence[datetime], period: timedelta
) -> Iterable[tuple[datetime, datetime]]:
    """Runs of neighbouring buckets, [low, high), at most CHUNK buckets each."""
    position = 0
    while position < len(starts):
        end = position
        while (
            end + 1 < len(starts)
            and end + 1 - position < CHUNK
            and starts[end + 1] - starts[end] == period
        ):
            end += 1
        yield starts[position], starts[end] + period
        position = end + 1


Bucket = tuple[datetime, tuple[tuple[float | None, ...], ...]]
"""A time and one (first, last, min, max, n) per metric, in the order of KEYS."""


def _raw(connection: Connection, source: str, low: datetime, high: datetime) -> Iterable[Bucket]:
    """Each snapshot as a bucket of its own: (slot, one fold a metric)."""
    span = {"source": source, "low": low, "high": high}
    for slot, *values in connection.execute(_RAW(span)):
        yield slot, tuple((v, v, v, v, 0 if v is None else 1) for v in values)


def _hours(connection: Connection, source: str, low: datetime, high: datetime) -> Iterable[Bucket]:
    span = {"source": source, "low": low, "high": high}
    for row in connection.execute(_HOURS(span)):
        yield row.start, folds(row)


def folds(row: Row) -> tuple[tuple[float | None, ...], ...]:
    """A rollup row as (first, last, min, max, n) per metric, in the order of KEYS."""
    values = tuple(row)[2:]
    width = len(FOLDS)
    return tuple(values[i : i + width] for i in range(0, len(KEYS) * width, width))


def merge(parts: Sequence[Sequence[float | None]]) -> tuple[float | None, ...]:
    """One (first, last, min, max, n) from several in time order; parts without readings drop."""
    read = [part for part in parts if part[4]]
    if not read:
        return (None, None, None, None, 0)
    firsts, lasts, lows, highs, counts = zip(*read, strict=True)
    return (firsts[0], lasts[-1], min(lows), max(highs), sum(counts))


def _fold(group: list[Bucket]) -> dict[str, float | None]:
    row: dict[str, float | None] = {}
    for index, key in enumerate(KEYS):
        merged = merge([metrics[index] for _, metrics in group])
        row |= {f"{key}_{fold}": value for fold, value in zip(FOLDS, merged, strict=True)}
    return row
