"""How much a figure changed over a span: between two readings that are exactly known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from data.connection import Connection, Row
from data.jsonform import plain
from data.model import KEYS, MILLISECOND, from_ms
from data.points import Figures, Points, floor
from data.prepared import Given, Prepared
from data.rounding import within_rounding
from data.rows import width_of
from data.schema import snapshots
from data.sources import SourceInfo
from data.sql import as_ms
from data.statements import select

Exact = tuple[int, float, float]
"""A reading as (slot in ms, value, half-width)."""
Span = tuple[int, int]
"""[low, high] in ms."""
_BEFORE: Final = 2
"""Intervals before a span in which a reading is still in force at its start."""


def deltas(
    connection: Connection, source: SourceInfo, span: Span, points: Points, step: timedelta
) -> dict[str, dict[str, Any] | None]:
    """By metric of ``points`` the change over ``span``; None without two readings.

    From the reading in force at its start, else the first one in it, to the last one.
    """
    exact, size = _Exact(connection, source.source), step // MILLISECOND
    start = span[0]
    in_force = start - _BEFORE * (source.every // MILLISECOND), start
    found = {}
    for key, figures in points.last.items():
        newest = exact.first(key, _buckets(points.times, figures, span, size, -1), newest=True)
        base = exact.at(key, in_force, newest=True) or exact.first(
            key, _buckets(points.times, figures, span, size, 1), newest=False
        )
        found[key] = _change(base, newest)
    return found


def _buckets(
    times: Sequence[int], figures: Figures, span: Span, size: int, order: int
) -> Iterator[Span]:
    """What of the span lies in each bucket in which the figure was read."""
    for time, figure in zip(times[::order], figures[::order], strict=True):
        if figure is not None:
            low = floor(time, size)
            yield max(low, span[0]), min(low + size - 1, span[1])


def _change(base: Exact | None, newest: Exact | None) -> dict[str, Any] | None:
    if newest is None or base is None or newest[0] <= base[0]:
        return None
    change, rounding = newest[1] - base[1], base[2] + newest[2]
    return {
        "from": _exact_json(base),
        "to": _exact_json(newest),
        "change": plain(change),
        "percent": 100 * change / base[1] if base[1] else None,
        "within_rounding": within_rounding(change, rounding),
    }


def _exact_json(exact: Exact) -> dict[str, Any]:
    slot, value, width = exact
    return {"t": slot, "value": plain(value), "half_width": plain(width)}


def _ends(*more: str) -> Mapping[bool, Prepared]:
    """The newest (True) and the oldest snapshot of a span, in which the figures ``more`` are."""
    slot = snapshots.c.slot
    within = snapshots.c.source == Given("source"), slot.between(Given("low"), Given("high"))
    columns = (snapshots.c[name] for name in ("shown", "via", *KEYS))
    query = select(as_ms(slot), *columns).where(*within)
    query = query.where(*(snapshots.c[key].is_not(None) for key in more)).limit(1)
    return {
        newest: Prepared(query.order_by(slot.desc() if newest else slot))
        for newest in (False, True)
    }


_ANY: Final = _ends()
_WITH: Final = {key: _ends(key) for key in KEYS}
_PLACE: Final = {key: 3 + index for index, key in enumerate(KEYS)}


class _Exact:
    """Readings from the snapshots; most figures stand in the very snapshot that others did."""

    def __init__(self, connection: Connection, source: str) -> None:
        self._connection = connection
        self._source = source
        self._known: dict[tuple[Span, bool], Row | None] = {}

    def first(self, key: str, spans: Iterable[Span], *, newest: bool) -> Exact | None:
        """The reading in the first span that has one."""
        found = (self.at(key, span, newest=newest) for span in spans)
        return next((one for one in found if one is not None), None)

    def at(self, key: str, span: Span, *, newest: bool) -> Exact | None:
        """The newest or oldest reading of a figure with its slot in ``span``."""
        if (span, newest) not in self._known:
            self._known[span, newest] = self._row(_ANY[newest], span)
        row, place = self._known[span, newest], _PLACE[key]
        if row is not None and row[place] is None:
            row = self._row(_WITH[key][newest], span)
        if row is None:
            return None
        slot, shown, via = row[:3]
        return slot, row[place], width_of(key, row[place], shown, via)

    def _row(self, query: Prepared, span: Span) -> Row | None:
        low, high = map(from_ms, span)
        values = {"source": self._source, "low": low, "high": high}
        return self._connection.execute(query(values)).first()
