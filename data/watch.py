"""What the alerts' rules find at a source, read from its store."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from data.around import around
from data.histories import history
from data.insight import conditions
from data.insight.conditions import Condition, Point
from data.insight.moves import moves
from data.model import METRIC, Headline, from_ms, slot_of
from data.rows import readings_of, seen_of
from data.rules import WAYS, WITHIN, RuleSettings, Way
from data.schema import headlines, snapshots
from data.sources import SourceInfo
from data.statements import select
from data.store import Store

NEW: Final = timedelta(hours=48)
"""What lies farther back is not news: nothing is told of it."""
USUAL: Final = timedelta(days=130)
"""What moves are judged by: 90 days before them, and the opposite move of 30 days earlier."""
MOST_STORIES: Final = 500


def watched(store: Store, source: SourceInfo, rule: RuleSettings, at: datetime) -> list[Condition]:
    """What the rule says of the source ``at``; nothing where that cannot be known."""
    if rule.kind in WAYS:
        return list(_changed(store, source, rule, at))
    if rule.kind == "missed":
        return list(_silent(store, source, rule, at))
    return list((_moved if rule.kind == "moves" else _named)(store, source, rule, at))


def _changed(
    store: Store, source: SourceInfo, rule: RuleSettings, at: datetime
) -> Iterator[Condition]:
    """The newest reading against the one ``within`` before it, or the last before that.

    Where none was read then, the next earlier one counts if it is not half as much older again.
    """
    assert rule.metric is not None  # noqa: S101 - the settings see to that
    way: Way = next(one for one in WAYS if one == rule.kind)
    within, share = rule.within or WITHIN, getattr(rule, rule.kind)
    after = _read(store, source, rule.metric, at - max(NEW, 3 * source.every), at)
    if after is None:
        return
    slot, newest = after
    end = slot - within
    before = _read(store, source, rule.metric, end - max(within / 2, source.every), end)
    if before is not None:
        found = conditions.changed(METRIC[rule.metric], way, share, within, before[1], newest)
        yield from [found] if found else []


def _read(
    store: Store, source: SourceInfo, key: str, start: datetime, end: datetime
) -> tuple[datetime, Point] | None:
    """The newest reading of a slot in [start, end], and its slot."""
    query = select(snapshots).where(
        snapshots.c.source == source.source,
        snapshots.c.slot.between(start, end),
        snapshots.c[key].is_not(None),
    )
    with store.reading() as connection:
        row = connection.execute(query.order_by(snapshots.c.slot.desc()).limit(1)).first()
    if row is None:
        return None
    reading = readings_of(row._mapping)[key]
    assert reading.value is not None  # noqa: S101 - the query asks for it
    return row.slot, Point(row.as_of or row.taken_at, reading.value, reading.half_width or 0.0)


def _silent(
    store: Store, source: SourceInfo, rule: RuleSettings, at: datetime
) -> Iterator[Condition]:
    """Slots that are over without a figure, and the present one if it was tried in vain."""
    assert rule.missed is not None  # noqa: S101 - the settings see to that
    newest, run = store.latest_read(source.source, at), store.last_run(source.source)
    first = newest.slot if newest else store.first_try(source.source)
    if first is None:
        return
    slot = slot_of(at, source.every)
    over = (slot - slot_of(first, source.every)) // source.every
    missed = over if newest is None else max(0, over - 1)
    if run is not None and run.outcome is not None and run.slot >= slot > first:
        missed += 1
    last = newest.taken_at if newest else None
    yield conditions.silent(missed, source.every, rule.missed, last, run, at)


def _moved(
    store: Store, source: SourceInfo, rule: RuleSettings, at: datetime
) -> Iterator[Condition]:
    found = [
        move
        for key in (source.about.metrics if rule.metric is None else (rule.metric,))
        for move in moves(METRIC[key], history(store, source, key, at - NEW - USUAL))
        if from_ms(move.at) > at - NEW
    ]
    beside = around(store, source.source, [move.at for move in found])
    for move, (newest, total) in zip(found, beside, strict=True):
        yield conditions.moved(move, [one.headline for one in newest], total)


def _named(
    store: Store, source: SourceInfo, rule: RuleSettings, at: datetime
) -> Iterator[Condition]:
    """Headlines first seen lately, unless they were surely published long before."""
    query = select(headlines).where(
        headlines.c.source == source.source, headlines.c.first_seen_at > at - NEW
    )
    query = query.order_by(headlines.c.first_seen_at.desc()).limit(MOST_STORIES)
    with store.reading() as connection:
        seen = [seen_of(row) for row in connection.execute(query)]
    for one in reversed(seen):
        found = conditions.named(rule.words, one.headline, one.first_seen_at)
        if found is not None and not _is_old(one.headline, at):
            yield found


def _is_old(headline: Headline, at: datetime) -> bool:
    return headline.published_to is not None and headline.published_to < at - NEW
