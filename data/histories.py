"""Histories of figures from the store: few readings a day, however many are kept."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from data.connection import Connection, Dialect
from data.insight.history import History
from data.model import MILLISECOND, slot_of
from data.readings import Widths, width
from data.rollup import DAY
from data.schema import rollups_day, snapshots
from data.sources import SourceInfo
from data.sql import and_, as_ms
from data.statements import Select, select
from data.store import Store

Row = tuple[Any, ...]
"""A snapshot: slot, ``taken_at`` and ``as_of`` in ms, ``shown``, ``via``, and its figures from
place _FIGURES on."""
_FIGURES: Final = 5
QUARTER: Final = timedelta(hours=6)
_QUARTER_MS: Final = QUARTER // MILLISECOND
_EDGES: Final = (-MILLISECOND, *(number * QUARTER for number in range(5)))
"""Between which the last reading of a day is looked for, from the day's begin. Its first instant
ends the quarter before, of which the day before may hold nothing else."""


def history(store: Store, source: SourceInfo, key: str, since: datetime | None = None) -> History:
    """Readings of one figure: the last up to each sixth hour of the day (UTC), and the newest.

    A reading's time is ``as_of`` where the site says it, else ``taken_at``; of equal times the
    last counts. What was not read is left out, as are slots before ``since``. Raises StoreError.
    """
    with store.reading() as connection:
        return histories(connection, source.source, [key], since)[key]


def histories(
    connection: Connection, source: str, keys: Sequence[str], since: datetime | None = None
) -> dict[str, History]:
    """The same of several figures within one view of the store, by the source's name.

    They nearly always stand in the same snapshots, which are read once; a figure that is missing
    in any of them is looked for alone.
    """
    rows, found = _held(connection, source, keys, since), {}
    for place, key in enumerate(keys, _FIGURES):
        alone = any(row[place] is None for row in rows)
        own = _held(connection, source, [key], since) if alone else rows
        found[key] = _history(key, own, _FIGURES if alone else place)
    return found


def _held(
    connection: Connection, source: str, keys: Sequence[str], since: datetime | None
) -> list[Row]:
    """The last snapshot of each quarter of a day, in order; of one figure where it was read."""
    held: dict[int, Row] = {}
    for low, high in pairwise(_EDGES):
        query = _last_within(connection.dialect, source, keys, (low, high))
        if since is not None:
            day = rollups_day.c.start >= slot_of(since, DAY)
            query = query.where(day, snapshots.c.slot >= since)
        held |= {-(-row[0] // _QUARTER_MS): row for row in connection.execute(query).tuples()}
    return [held[quarter] for quarter in sorted(held)]


def _last_within(
    dialect: Dialect, source: str, keys: Sequence[str], part: tuple[timedelta, timedelta]
) -> Select:
    """Of each day with a snapshot, the last one in ``part`` of it: after the first time from its
    begin, up to the second.

    The days come from their rollups, so that years without a reading are not looked through, and
    each snapshot by its key: ten years by the minute are five million. PostgreSQL joins them as it
    finds them, which takes half the time; SQLite cannot, and is as quick with a key looked up.
    """
    start, slot = rollups_day.c.start, snapshots.c.slot
    same = snapshots.c.source == rollups_day.c.source
    figures = [snapshots.c[key] for key in keys]
    (low, high), days = part, rollups_day.c.source == source
    within = [same, slot > start + low, slot <= start + high]
    if len(keys) == 1:
        within.append(figures[0].is_not(None))
        days = and_(days, rollups_day.c[f"{keys[0]}_n"] > 0)
    times = as_ms(slot), as_ms(snapshots.c.taken_at), as_ms(snapshots.c.as_of)
    query = select(*times, snapshots.c.shown, snapshots.c.via, *figures).select_from(rollups_day)
    if dialect == "postgresql":
        last = select(snapshots).where(*within).order_by(slot.desc()).limit(1)
        return query.lateral(last, snapshots).where(days)
    key = select(slot).where(*within).order_by(slot.desc()).limit(1).scalar()
    return query.outerjoin(snapshots, and_(same, slot == key)).where(days, slot.is_not(None))


def _history(key: str, rows: Iterable[Row], place: int) -> History:
    widths, known = Widths(), dict[int, tuple[float, float]]()
    for row in rows:
        _, taken_at, as_of, shown, via = row[:_FIGURES]
        rounding = width(key, row[place], via, widths.of((shown, via, None)))
        known[taken_at if as_of is None else as_of] = row[place], rounding or 0.0
    times = sorted(known)
    return History(times, *([known[at][part] for at in times] for part in (0, 1)))
