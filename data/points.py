"""The points of a span as columns: single readings where they fit, buckets of rollups beyond."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from math import inf
from typing import Any, Final

from data.connection import Connection
from data.model import MILLISECOND, from_ms, to_ms
from data.rollup import DAY, HOUR, WEEK
from data.schema import rollups_day, rollups_hour, rollups_week, snapshots
from data.sources import SourceInfo
from data.sql import as_ms
from data.statements import select

Look = tuple[Any, ...]
"""A snapshot: its slot, the figures that are asked for, and BESIDE."""
Figures = Sequence[float | None]
"""What a figure was at each time; None where it was not read."""
PARTS: Final = ("last", "min", "max")
"""What is read of a metric's rollup."""
BESIDE: Final = ("shown", "via", "problems")
"""What is read of a snapshot after its slot and its figures."""
_COARSEST: Final = ((rollups_week, WEEK), (rollups_day, DAY), (rollups_hour, HOUR))


@dataclass(frozen=True, slots=True)
class Points:
    """Times in ms since the epoch, oldest first, and by metric as many figures."""

    times: Sequence[int]
    last: Mapping[str, Figures]
    low: Mapping[str, Figures] = field(default_factory=dict)
    high: Mapping[str, Figures] = field(default_factory=dict)
    looks: Sequence[Sequence[Look]] = ()
    """The snapshots at each time, oldest first, where points are single readings: one, but of a
    source that became slower several."""


def floor(time: int, step: int) -> int:
    """When the ``step`` began that ``time`` falls into, both in ms."""
    return time - time % step


def single(
    connection: Connection, source: SourceInfo, keys: Sequence[str], span: tuple[int, int]
) -> Points:
    """The snapshots in [start, end], those of one slot together at the last of them."""
    slot, every = snapshots.c.slot, source.every // MILLISECOND
    query = select(as_ms(slot), *(snapshots.c[name] for name in (*keys, *BESIDE))).where(
        snapshots.c.source == source.source, slot.between(*map(from_ms, span))
    )
    looks = connection.execute(query.order_by(slot)).tuples()
    columns = list(zip(*looks, strict=True)) or [()] * (1 + len(keys))
    starts = [floor(time, every) for time in columns[0]]
    if len(set(starts)) == len(starts):
        last = dict(zip(keys, columns[1:], strict=False))
        return Points(columns[0], last, looks=[(look,) for look in looks])
    groups = [list(group) for _, group in groupby(looks, lambda look: floor(look[0], every))]
    shown = {key: [_newest(group, place) for group in groups] for place, key in enumerate(keys, 1)}
    return Points([group[-1][0] for group in groups], shown, looks=groups)


def _newest(looks: Sequence[Look], place: int) -> float | None:
    return next((look[place] for look in reversed(looks) if look[place] is not None), None)


def rolled(
    connection: Connection,
    source: SourceInfo,
    keys: Sequence[str],
    span: tuple[int, int],
    step: timedelta,
) -> Points:
    """The buckets of ``step`` in [start, end] that hold a snapshot: whole, at their last slots."""
    table, unit = next((table, unit) for table, unit in _COARSEST if not step % unit)
    size, many, every = step // MILLISECOND, step // unit, source.every // MILLISECOND
    newest = to_ms(source.last_slot) if source.last_slot else span[1]
    start, end = floor(span[0], size), floor(min(span[1], newest), size)
    names = [f"{key}_{part}" for key in keys for part in PARTS]
    at = table.c.start
    query = select(as_ms(at), *(table.c[name] for name in names)).where(
        table.c.source == source.source, at >= from_ms(start), at < from_ms(end + size)
    )
    found: Sequence[Sequence[Any]] = connection.execute(query.order_by(at)).tuples()
    lows = list(dict.fromkeys([row[0] - row[0] % size for row in found]))
    if many > 1:
        found = _filled(found, lows, unit // MILLISECOND, many, len(names))
    columns = list(zip(*found, strict=True))[1:] or [()] * len(names)
    parts = dict(zip(names, columns, strict=True))
    return Points(
        [min(floor(low + size - 1, every), newest) for low in lows],
        {key: _last(parts[f"{key}_last"], many) for key in keys},
        {key: _least(parts[f"{key}_min"], many) for key in keys},
        {key: _most(parts[f"{key}_max"], many) for key in keys},
    )


def _filled(
    rows: Iterable[Sequence[Any]], lows: Iterable[int], unit: int, many: int, width: int
) -> list[Sequence[Any]]:
    """``many`` rows for each bucket; of NULLs where a unit of it has none."""
    held, nothing = {row[0]: row for row in rows}, (None,) * (1 + width)
    return [held.get(low + number * unit, nothing) for low in lows for number in range(many)]


def _last(figures: Figures, many: int) -> Figures:
    *before, last = (figures[number::many] for number in range(many))
    for earlier in reversed(before):
        if None not in last:
            break
        last = [old if new is None else new for old, new in zip(earlier, last, strict=True)]
    return last


def _least(figures: Figures, many: int) -> Figures:
    return _folded(min, figures, many, inf)


def _most(figures: Figures, many: int) -> Figures:
    return _folded(max, figures, many, -inf)


def _folded(fold: Callable[..., float], figures: Figures, many: int, unread: float) -> Figures:
    """The fold of each ``many`` figures; ``unread`` never wins where there is another one."""
    if many == 1:
        return figures
    known = [unread if figure is None else figure for figure in figures]
    found = map(fold, *(known[number::many] for number in range(many)))
    return [None if figure == unread else figure for figure in found]
