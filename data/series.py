"""Chart-ready reads: few points for any span, gaps left open, changes between exact readings."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, Final

from data.connection import Connection
from data.jsonform import plain
from data.model import EPOCH, KEYS, METRIC, MILLISECOND, slot_of, to_ms
from data.outages import outages
from data.readings import COLUMNS, Point, beside
from data.rollup import DAY, HOUR, Bucket, folds, merge
from data.rounding import half_width
from data.rows import texts_of
from data.schema import rollups_day, rollups_hour, snapshots
from data.statements import select
from data.store import SourceInfo, Store

MAX_POINTS: Final = 1_500
Exact = tuple[datetime, float, float]
"""A reading as (slot, value, half-width)."""


def series(
    store: Store,
    source: SourceInfo,
    start: datetime | None,
    end: datetime,
    keys: Sequence[str] = KEYS,
    max_points: int = MAX_POINTS,
) -> dict[str, Any]:
    """The span [start, end] of one source as plain JSON values, times in ms since the epoch.

    ``t`` and each ``metrics[key].last`` have one length; None is a figure that was not read, and
    a time without any figure stands in every gap. While the points are single readings,
    ``half_width`` and ``problems`` are beside ``last`` (see :func:`data.readings.beside`). Beyond
    ``max_points`` snapshots the points are buckets of ``resolution_s`` with ``min`` and ``max``
    instead, each at its last slot. ``outages`` says why there are ``gaps``
    (see :func:`data.outages.outages`).
    """
    begin = max(start or source.first_slot or end, EPOCH)
    step = resolution(end - begin, source.every, max_points)
    rolled = step > source.every
    with store.reading() as connection:
        looks = [] if rolled else _looks(connection, source, begin, end, step)
        read = list(_rolled(connection, source, begin, end, step) if rolled else map(_raw, looks))
        deltas = {key: _delta(connection, source, key, begin, end, read, step) for key in keys}
        gaps = list(_gaps([time for time, _ in read], step, source, (begin, end)))
        why = outages(connection, source, gaps, end)
    points = _with_gaps(read, gaps)
    times = [time for time, _ in points]
    more = {} if rolled else beside(looks, times, keys)
    return {
        "source": source.source,
        "version": source.version,
        "every_s": source.every.total_seconds(),
        "from": to_ms(begin),
        "to": to_ms(end),
        "resolution_s": step.total_seconds(),
        "rolled": rolled,
        "t": [to_ms(time) for time in times],
        "metrics": {
            key: _columns(points, KEYS.index(key), rolled) | more.get(key, {}) for key in keys
        },
        "gaps": [[to_ms(low), to_ms(high)] for low, high in gaps],
        "outages": why,
        "deltas": deltas,
    }


def resolution(span: timedelta, every: timedelta, max_points: int = MAX_POINTS) -> timedelta:
    """How long a point is, so that ``span`` has at most ``max_points``: ``every`` where it fits.

    Else whole hours while their rows are few enough to read at once, else whole days.
    """
    if span // every + 2 <= max_points:
        return every
    unit = HOUR if span <= HOUR * max_points * 3 // 2 else DAY
    return unit * max(-(-span // (unit * (max_points - 1))), -(-every // unit))


def _looks(
    connection: Connection, source: SourceInfo, start: datetime, end: datetime, step: timedelta
) -> list[Point]:
    """The snapshots in [start, end], those of one ``step`` together at the slot of the last."""
    slot = snapshots.c.slot
    query = select(*COLUMNS).where(snapshots.c.source == source.source, slot >= start, slot <= end)
    found = connection.execute(query.order_by(slot))
    groups = (list(group) for _, group in groupby(found, lambda row: slot_of(row[0], step)))
    return [(group[-1][0], group) for group in groups]


def _raw(point: Point) -> Bucket:
    time, rows = point
    every = [[(v, v, v, v, 0 if v is None else 1) for v in row[1 : 1 + len(KEYS)]] for row in rows]
    return time, _merged(every)


def _rolled(
    connection: Connection, source: SourceInfo, start: datetime, end: datetime, step: timedelta
) -> Iterable[Bucket]:
    """The buckets of ``step`` that hold a snapshot, whole, each at the slot of its last one."""
    table = rollups_hour if step % DAY else rollups_day
    past = slot_of(min(end, source.last_slot or end), step) + step
    query = select(table).where(
        table.c.source == source.source,
        table.c.start >= slot_of(start, step),
        table.c.start < past,
    )
    found = connection.execute(query.order_by(table.c.start))
    for bucket, group in groupby(found, lambda row: slot_of(row.start, step)):
        yield _last_slot(bucket, step, source), _merged([folds(row) for row in group])


def _merged(group: Sequence[Any]) -> tuple[tuple[float | None, ...], ...]:
    if len(group) == 1:
        return tuple(group[0])
    return tuple(merge([metrics[index] for metrics in group]) for index in range(len(KEYS)))


def _last_slot(start: datetime, step: timedelta, source: SourceInfo) -> datetime:
    """The slot of a bucket's last reading: the bucket's last one, or the source's newest."""
    last = slot_of(start + step - MILLISECOND, source.every)
    return min(last, source.last_slot) if source.last_slot else last


def _gaps(
    times: Sequence[datetime], step: timedelta, source: SourceInfo, span: tuple[datetime, datetime]
) -> Iterable[tuple[datetime, datetime]]:
    """Stretches of the span in which at least one whole point is missing.

    What lies before the source's first slot is not missing: there was no history yet. The slot
    that is due at the span's end may still come.
    """
    start, end = span
    since = max(start, source.first_slot or end)
    if not times:
        if end - slot_of(since - MILLISECOND, source.every) > 2 * source.every:
            yield since, end
        return
    due = slot_of(since - MILLISECOND, source.every) + source.every
    if slot_of(times[0], step) > due:
        yield since, slot_of(times[0], step)
    starts = [slot_of(time, step) for time in times]
    for time, (before, after) in zip(times, pairwise(starts), strict=False):
        if after - before > step:
            yield time + source.every, after
    if end - times[-1] > max(step, source.every * 2):
        yield times[-1] + source.every, end


def _with_gaps(read: Sequence[Bucket], gaps: Sequence[tuple[datetime, datetime]]) -> list[Bucket]:
    nothing = ((None, None, None, None, 0),) * len(KEYS)
    points = [*read, *((low, nothing) for low, _ in gaps)]
    return sorted(points, key=lambda point: point[0])


def _columns(points: Sequence[Bucket], index: int, rolled: bool) -> dict[str, list[Any]]:
    columns = {"last": [plain(metrics[index][1]) for _, metrics in points]}
    if rolled:
        columns["min"] = [plain(metrics[index][2]) for _, metrics in points]
        columns["max"] = [plain(metrics[index][3]) for _, metrics in points]
    return columns


def _delta(
    connection: Connection,
    source: SourceInfo,
    key: str,
    start: datetime,
    end: datetime,
    points: Sequence[Bucket],
    step: timedelta,
) -> dict[str, Any] | None:
    """The change over the span, from the reading in force at its start; None without two."""
    index = KEYS.index(key)
    read = [time for time, metrics in points if metrics[index][4]]
    newest = _first(
        _exact(connection, source, key, (max(low, start), min(low + step - MILLISECOND, end)), True)
        for low in (slot_of(time, step) for time in reversed(read))
    )
    base = _exact(connection, source, key, (start - 2 * source.every, start), True) or _first(
        _exact(
            connection, source, key, (max(low, start), min(low + step - MILLISECOND, end)), False
        )
        for low in (slot_of(time, step) for time in read)
    )
    if newest is None or base is None or newest[0] <= base[0]:
        return None
    change = newest[1] - base[1]
    rounding = base[2] + newest[2]
    return {
        "from": _exact_json(base),
        "to": _exact_json(newest),
        "change": plain(change),
        "percent": 100 * change / base[1] if base[1] else None,
        "within_rounding": rounding > 0 and abs(change) <= rounding * (1 + 1e-9),
    }


def _first(found: Iterable[Exact | None]) -> Exact | None:
    return next((one for one in found if one is not None), None)


def _exact(
    connection: Connection,
    source: SourceInfo,
    key: str,
    span: tuple[datetime, datetime],
    newest: bool,
) -> Exact | None:
    """The newest or oldest reading of a figure with its slot in [low, high], from the snapshots."""
    slot, value = snapshots.c.slot, snapshots.c[key]
    query = (
        select(slot, value, snapshots.c.shown, snapshots.c.via)
        .where(snapshots.c.source == source.source, slot.between(*span), value.is_not(None))
        .order_by(slot.desc() if newest else slot)
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    width = half_width(METRIC[key], row[1], texts_of(row.shown).get(key), row.via)
    return row[0], row[1], width or 0.0


def _exact_json(exact: Exact) -> dict[str, Any]:
    slot, value, width = exact
    return {"t": to_ms(slot), "value": plain(value), "half_width": plain(width)}
