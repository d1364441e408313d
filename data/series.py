"""Chart-ready reads: few points for any span, gaps left open, changes between exact readings."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from data.deltas import deltas
from data.jsonform import LARGEST, plain
from data.model import EPOCH, KEYS, MILLISECOND, from_ms, to_ms
from data.outages import outages
from data.points import Points, floor, rolled, single
from data.readings import beside
from data.rollup import DAY, HOUR, WEEK
from data.sources import SourceInfo
from data.store import Store

MAX_POINTS: Final = 1_500


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
    coarse = step > source.every
    span = to_ms(begin), to_ms(end)
    with store.reading() as connection:
        if coarse:
            points = rolled(connection, source, keys, span, step)
        else:
            points = single(connection, source, keys, span)
        changes = deltas(connection, source, span, points, step)
        gaps = list(_gaps(points.times, step // MILLISECOND, source, span))
        why = outages(connection, source, [(from_ms(a), from_ms(b)) for a, b in gaps], end)
    return {
        "source": source.source,
        "version": source.version,
        "every_s": source.every.total_seconds(),
        "from": span[0],
        "to": span[1],
        "resolution_s": step.total_seconds(),
        "rolled": coarse,
        **_columns(points, [low for low, _ in gaps]),
        "gaps": [[low, high] for low, high in gaps],
        "outages": why,
        "deltas": changes,
    }


def resolution(span: timedelta, every: timedelta, max_points: int = MAX_POINTS) -> timedelta:
    """How long a point is, so that ``span`` has at most ``max_points``: ``every`` where it fits.

    Else whole hours, days or weeks: the finest of which there are few enough to read at once.
    """
    if span // every + 2 <= max_points:
        return every
    unit = next((one for one in (HOUR, DAY) if span <= one * max_points * 3 // 2), WEEK)
    return unit * max(-(-span // (unit * (max_points - 1))), -(-every // unit))


def _gaps(
    times: Sequence[int], step: int, source: SourceInfo, span: tuple[int, int]
) -> Iterable[tuple[int, int]]:
    """Stretches [low, high) of the span in which at least one whole point is missing, in ms.

    What lies before the source's first slot is not missing: there was no history yet. The slot
    that is due at the span's end may still come.
    """
    start, end = span
    every = source.every // MILLISECOND
    since = max(start, to_ms(source.first_slot) if source.first_slot else end)
    due = floor(since - 1, every) + every
    if not times:
        if end - due > every:
            yield since, end
        return
    starts = [floor(time, step) for time in times]
    if starts[0] > due:
        yield since, starts[0]
    for time, before, after in zip(times, starts, starts[1:], strict=False):
        if after - before > step:
            yield time + every, after
    if end - times[-1] > max(step, every * 2):
        yield times[-1] + every, end


def _columns(points: Points, gaps: Sequence[int]) -> dict[str, Any]:
    """``t`` and ``metrics``, with a time without any figure where each of the ``gaps`` begins."""
    times = [*points.times, *gaps]
    order = sorted(range(len(times)), key=times.__getitem__) if gaps else []
    parts = {"last": points.last, "min": points.low, "max": points.high}
    metrics: dict[str, dict[str, Any]] = {
        key: {
            name: _opened(_plain(part[key]), order) for name, part in parts.items() if key in part
        }
        for key in points.last
    }
    for key, more in ({} if points.low else beside(points)).items():
        width = more["half_width"]
        metrics[key] |= more | {
            "half_width": _opened(width, order) if isinstance(width, list) else width
        }
    return {"t": _opened(times, order), "metrics": metrics}


def _opened(values: list[Any], order: Sequence[int]) -> list[Any]:
    """The values in this order, None where it names more than there are; as they are without."""
    if not order:
        return values
    longer = values + [None] * (len(order) - len(values))
    return [longer[place] for place in order]


def _plain(figures: Sequence[Any]) -> list[float | int | None]:
    """Whole ones as integers."""
    if None not in figures and all(map(float.is_integer, figures)) and _fit(figures):
        return list(map(int, figures))
    return [plain(one) for one in figures]


def _fit(figures: Sequence[float]) -> bool:
    return bool(max(figures, default=0.0) < LARGEST)
