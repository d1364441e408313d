"""What became of each slot of the last days, as a strip of few cells."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from data.connection import Dialect
from data.journal import FAILURES
from data.model import KEYS, slot_of
from data.schema import runs, snapshots
from data.sql import Expression, and_, case, count
from data.statements import Select
from data.store import Store
from data.unions import union

SlotOutcome = Literal["whole", "late", "partial", "outbox", "not_run", "failed"]
OUTCOMES: Final[tuple[SlotOutcome, ...]] = (
    "whole",
    "late",
    "partial",
    "outbox",
    "not_run",
    "failed",
)
"""From best to worst. Of a slot's looks the best counts, of a cell's slots the worst."""

STRETCH: Final = timedelta(days=30)
LATE_AFTER: Final = 4
"""The part of a slot after which a snapshot of it is late: a quarter."""
MOST_CELLS: Final = 240
READ: Final = ("whole", "late", "partial")
"""Outcomes of slots that hold a figure."""
NOTHING: Final[Mapping[SlotOutcome, int]] = {}
NAMES: Final = ("number", "rank", "late")


@dataclass(frozen=True, slots=True)
class Cell:
    """The slots in [start, end): how many of each outcome; none before it was first tried."""

    start: datetime
    end: datetime
    counts: Mapping[SlotOutcome, int]

    @property
    def worst(self) -> SlotOutcome | None:
        """The worst outcome in it."""
        return max(self.counts, key=OUTCOMES.index, default=None)


@dataclass(frozen=True, slots=True)
class Strip:
    """The cells of a source, oldest first, and what the slots that are over add up to."""

    cells: tuple[Cell, ...]
    counts: Mapping[SlotOutcome, int]
    """Of all cells, with the slot that is due once something became of it."""
    expected: int
    """Slots since it was first tried that are over."""
    missed: int
    """Those of them that hold no figure."""
    late: int
    """Those of them that were looked at only after a quarter of their time."""


@dataclass(frozen=True, slots=True)
class _Span:
    """The slots from ``origin`` to ``current`` by number; ``per`` of them are one cell."""

    origin: datetime
    since: datetime
    tried: datetime
    current: datetime
    every: timedelta
    per: int

    def cells(self) -> Iterator[tuple[datetime, datetime, int]]:
        """Where each cell begins and ends, and how many of its slots were to be looked at."""
        start, step = self.origin, self.per * self.every
        while start <= self.current:
            end = start + step
            expected = min(end, self.current) - max(start, self.tried)
            yield start, min(end, self.current + self.every), max(0, expected // self.every)
            start = end


def strip(
    store: Store,
    source: str,
    every: timedelta,
    now: datetime,
    first: datetime | None,
    given: Sequence[str] = KEYS,
    stretch: timedelta = STRETCH,
) -> Strip:
    """The slots of a source that was ``first`` tried then (None: never) and gives ``given``."""
    span = _span(every, now, first, stretch)
    counts: defaultdict[int, dict[SlotOutcome, int]] = defaultdict(dict)
    held: Counter[int] = Counter()
    read = late = 0
    with store.reading() as connection:
        found = connection.execute(_query(connection.dialect, source, span, given))
        for cell, rank, expected, slots, after in found:
            name = OUTCOMES[rank]
            counts[cell][name] = counts[cell].get(name, 0) + slots
            if expected:
                held[cell] += slots
                read += slots if name in READ else 0
                late += after
    cells = []
    for cell, (start, end, expected) in enumerate(span.cells()):
        if absent := expected - held[cell]:
            counts[cell]["not_run"] = absent
        cells.append(Cell(start, end, counts.get(cell, NOTHING)))
    total: Counter[SlotOutcome] = Counter()
    for of_cell in counts.values():
        total.update(of_cell)
    over = (span.current - span.tried) // every
    return Strip(tuple(cells), total, over, over - read, late)


def _span(every: timedelta, now: datetime, first: datetime | None, stretch: timedelta) -> _Span:
    current = slot_of(now, every)
    since = min(slot_of(now - stretch, every) + every, current)
    per = -(-((current - since) // every + 1) // MOST_CELLS)
    tried = current if first is None else min(max(slot_of(first, every), since), current)
    return _Span(slot_of(since, every * per), since, tried, current, every, per)


def _query(dialect: Dialect, source: str, span: _Span, given: Sequence[str]) -> Select:
    """Rows (cell, place in OUTCOMES, whether such slots are expected, slots, late ones)."""
    parts = [_snapshots(dialect, source, span, given), *_runs(dialect, source, span)]
    number, rank = Expression("number"), Expression("rank")
    best = union(parts, number, Expression("min(rank) AS rank"), Expression("min(late) AS late"))
    sql, params = best.group_by(number).render()
    tried = (span.tried - span.origin) // span.every
    current = (span.current - span.origin) // span.every
    expected = case((and_(number >= tried, number < current), _number(1)), else_=_number(0))
    keys = (Expression(f"number / {span.per:d}"), rank, expected)
    wanted = (*keys, count(), Expression("sum(late)"))
    slots = Select(wanted, f"({sql}) AS slots", before=params)
    return slots.group_by(*(_number(place) for place in (1, 2, 3)))


def _snapshots(dialect: Dialect, source: str, span: _Span, given: Sequence[str]) -> Select:
    looks = snapshots.c
    late = and_(looks.origin == "live", looks.taken_at > looks.slot + span.every / LATE_AFTER)
    whole = and_(*(looks[key].is_not(None) for key in given))
    unread = and_(*(looks[key].is_(None) for key in given))
    rank = case(
        (unread, _rank("failed")),
        (whole, case((late, _rank("late")), else_=_rank("whole"))),
        else_=_rank("partial"),
    )
    is_late = case((late, _number(1)), else_=_number(0))
    query = _numbered(dialect, looks.slot, span, rank, is_late).select_from(snapshots)
    past = span.current + span.every
    return query.where(looks.source == source, looks.slot >= span.since, looks.slot < past)


def _runs(dialect: Dialect, source: str, span: _Span) -> Iterator[Select]:
    """Runs that gave no snapshot; one that was killed has no outcome though its slot is over."""
    run = runs.c
    lost = and_(FAILURES, run.outcome != "partial", run.started_at >= span.since)
    killed = and_(run.outcome.is_(None), run.slot < span.current)
    waits = case((run.outcome == "outbox", _rank("outbox")), else_=_rank("failed"))
    for which, rank in ((lost, waits), (killed, _rank("failed"))):
        query = _numbered(dialect, run.slot, span, rank, _number(0)).select_from(runs)
        past = span.current + span.every
        yield query.where(run.source == source, run.slot >= span.since, run.slot < past, which)


def _numbered(
    dialect: Dialect, slot: Expression, span: _Span, rank: Expression, late: Expression
) -> Select:
    number = _since(dialect, slot, span)
    return Select(tuple(_named(*pair) for pair in zip((number, rank, late), NAMES, strict=True)))


def _since(dialect: Dialect, slot: Expression, span: _Span) -> Expression:
    """How many slots lie between the span's origin and ``slot``."""
    if dialect == "sqlite":
        return Expression(f"({slot.sql} - ?) / ?", (span.origin, span.every))
    seconds = f"extract(epoch FROM {slot.sql} - ?) / extract(epoch FROM ?::interval)"
    return Expression(f"floor({seconds})::bigint", (span.origin, span.every))


def _named(value: Expression, name: str) -> Expression:
    return Expression(f"{value.sql} AS {name}", value.params)


def _rank(name: SlotOutcome) -> Expression:
    return _number(OUTCOMES.index(name))


def _number(value: int) -> Expression:
    return Expression(f"{value:d}", (), "integer")
