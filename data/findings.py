"""What can be taken away though nobody stored it: moves and reconstructed days."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from data.connection import Connection
from data.histories import histories
from data.insight.history import History
from data.insight.moves import moves
from data.model import METRIC, Metric, from_ms
from data.tables import Column, Query

Row = tuple[Any, ...]

COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    "moves": (
        Column("at", "time"),
        Column("since", "time"),
        Column("source", "text"),
        Column("metric", "text"),
        Column("before", "number"),
        Column("after", "number"),
        Column("change", "number"),
        Column("percent", "number"),
        Column("rounding", "number"),
        Column("usual", "number"),
        Column("leaves", "time"),
    ),
    "daily": (
        Column("day", "time"),
        Column("source", "text"),
        Column("metric", "text"),
        Column("value", "number"),
        Column("low", "number"),
        Column("high", "number"),
        Column("unit", "text"),
    ),
}
"""By what is asked for, the columns of the answer."""


def found(connection: Connection, query: Query, sources: Sequence[str]) -> list[Row]:
    """The rows of these sources by time, then source, then figure; of the span asked for, found in
    all that is kept.
    """
    find = {"moves": _moves, "daily": _daily}[query.what]
    place = [column.name for column in COLUMNS[query.what]].index("source")
    rows = [
        row
        for source in sources
        for key, history in histories(connection, source, query.keys).items()
        for row in find(source, METRIC[key], history)
        if _is_within(query, row[0])
    ]
    return sorted(rows, key=lambda row: (row[0], row[place]))


def _is_within(query: Query, at: datetime) -> bool:
    late = query.start is None or at >= query.start
    return late and (query.end is None or at < query.end)


def _moves(source: str, metric: Metric, history: History) -> Iterator[Row]:
    for move in moves(metric, history):
        yield (
            from_ms(move.at),
            from_ms(move.since),
            source,
            metric.key,
            move.before,
            move.after,
            move.change,
            move.percent,
            move.rounding,
            move.usual,
            None if move.leaves is None else from_ms(move.leaves),
        )


def _daily(source: str, metric: Metric, history: History) -> Iterator[Row]:
    """The days of a rolling figure that its readings tell, by when they began."""
    if metric.kind == "level":
        return
    from data.insight.unroll import unroll

    days = unroll(history)
    for start, *known in zip(days.starts, days.values, days.low, days.high, strict=True):
        if None not in known:
            yield from_ms(start), source, metric.key, *known, metric.unit
