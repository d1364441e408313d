"""Rollups: hours of snapshots, days of hours, weeks of days; rewritten where a snapshot changed."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby
from typing import Any, Final

from data.connection import Connection, Row
from data.model import KEYS, MILLISECOND, from_ms, slot_of, to_ms
from data.prepared import Given, Prepared
from data.schema import FOLDS, rollups_day, rollups_hour, rollups_week, snapshots
from data.sql import Table, as_ms
from data.statements import delete, select

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
"""From Thursday to Wednesday, as the first of all days was a Thursday."""
CHUNK: Final = 2_000
"""Buckets read and written in one statement."""


_HOUR_MS: Final = HOUR // MILLISECOND

Fold = tuple[float | None, ...]
"""(first, last, min, max, n) of some readings of a metric in time order."""
Folded = tuple[int, Sequence[Fold]]
"""The start of a bucket in ms, and a fold for each metric in the order of KEYS."""
NOTHING: Final[Fold] = (None, None, None, None, 0)


def _within(table: Table, start: Any) -> tuple[Any, ...]:
    """What stands in a span [low, high) of a source."""
    return table.c.source == Given("source"), start >= Given("low"), start < Given("high")


_SLOT: Final = snapshots.c.slot
_RAW: Final = Prepared(
    select(as_ms(_SLOT), *(snapshots.c[key] for key in KEYS))
    .where(*_within(snapshots, _SLOT))
    .order_by(_SLOT)
)
_TABLES: Final = {HOUR: rollups_hour, DAY: rollups_day, WEEK: rollups_week}
_FINER: Final = {
    period: Prepared(
        select(table).where(*_within(table, table.c.start)).order_by(table.c.start),
    )
    for period, table in ((DAY, rollups_hour), (WEEK, rollups_day))
}
"""By period, what its buckets are made of."""
_CLEAR: Final = {
    period: Prepared(delete(table).where(*_within(table, table.c.start)))
    for period, table in _TABLES.items()
}


def rebuild(connection: Connection, source: str, slots: Iterable[datetime]) -> None:
    """Write the hours, days and weeks of ``slots`` anew, in the caller's transaction."""
    slots = set(slots)
    for period in _TABLES:
        _rebuild(connection, source, {slot_of(slot, period) for slot in slots}, period)


def _rebuild(connection: Connection, source: str, starts: set[datetime], period: timedelta) -> None:
    for low, high in _stretches(sorted(starts), period):
        span = {"source": source, "low": low, "high": high}
        if period in _FINER:
            finer = connection.execute(_FINER[period](span))
            buckets = coarser(((to_ms(row.start), folds(row)) for row in finer), period)
        else:
            rows = connection.execute(_RAW(span)).all()
            slots, *figures = zip(*rows, strict=True) if rows else [()]
            buckets = hours(slots, figures)
        connection.execute(_CLEAR[period](span))
        _write(connection, source, buckets, period)


def fill(
    connection: Connection,
    source: str,
    slots: Sequence[int],
    figures: Sequence[Sequence[float | None]],
) -> None:
    """Write the hours, days and weeks of snapshots inserted where there was none between them.

    ``slots`` in ms, ascending; ``figures`` by metric. The buckets of the first and the last may
    hold others too: they are written anew.
    """
    buckets = hours(slots, figures)
    for period in _TABLES:
        buckets = coarser(buckets, period) if period in _FINER else buckets
        _write(connection, source, buckets[1:-1], period)
    rebuild(connection, source, [from_ms(slots[0]), from_ms(slots[-1])])


def _write(
    connection: Connection, source: str, buckets: Sequence[Folded], period: timedelta
) -> None:
    table = _TABLES[period]
    if buckets:
        names = [column.name for column in table.columns]
        rows = ((source, start, *chain.from_iterable(metrics)) for start, metrics in buckets)
        connection.fill(table, names, rows)


def hours(slots: Sequence[int], figures: Sequence[Sequence[float | None]]) -> list[Folded]:
    """The hours of snapshots: ``slots`` in ms, ascending; ``figures`` by metric."""
    found: list[Folded] = []
    low = 0
    while low < len(slots):
        start = slots[low] - slots[low] % _HOUR_MS
        high = bisect_left(slots, start + _HOUR_MS, low)
        found.append((start, [_fold(column[low:high]) for column in figures]))
        low = high
    return found


def coarser(finer: Iterable[Folded], period: timedelta) -> list[Folded]:
    """The buckets of a period, each a multiple of those that it is made of."""
    size = period // MILLISECOND
    groups = groupby(finer, lambda bucket: bucket[0] - bucket[0] % size)
    return [
        (start, [merge(parts) for parts in zip(*(metrics for _, metrics in group), strict=True)])
        for start, group in groups
    ]


def _fold(values: Sequence[float | None]) -> Fold:
    read = [value for value in values if value is not None]
    if not read:
        return NOTHING
    return read[0], read[-1], min(read), max(read), len(read)


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


def folds(row: Row) -> tuple[Fold, ...]:
    """A rollup row as (first, last, min, max, n) per metric, in the order of KEYS."""
    values = tuple(row)[2:]
    width = len(FOLDS)
    return tuple(values[i : i + width] for i in range(0, len(KEYS) * width, width))


def merge(parts: Sequence[Fold]) -> Fold:
    """One (first, last, min, max, n) from several in time order; parts without readings drop."""
    read = [part for part in parts if part[4]]
    if not read:
        return NOTHING
    firsts, lasts, lows, highs, counts = zip(*read, strict=True)
    return (firsts[0], lasts[-1], min(lows), max(highs), sum(counts))
